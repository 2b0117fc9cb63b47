import { EventEmitter } from 'node:events';
import { ActiveProbe } from '../src/balancing/active-probe.ts';
import { EndpointGroup } from '../src/balancing/endpoint-group.ts';
import { EndpointLoad } from '../src/balancing/endpoint-load.ts';
import { Endpoint } from '../src/endpoint.ts';
import type { Send } from '../src/layer.ts';
import { callPipeline, endpointPipeline, type UpstreamShared } from '../src/pipeline.ts';
import { CircuitBreaker } from '../src/resilience/circuit-breaker.ts';
import { ConcurrencyLimiter } from '../src/resilience/concurrency-limiter.ts';
import { PoisonRequests } from '../src/resilience/poison-requests.ts';
import { RetryBudget } from '../src/resilience/retry-budget.ts';
import { OpenStreams } from '../src/streaming/open-streams.ts';
import { Telemetry } from '../src/telemetry.ts';
import { ConnectionPool } from '../src/transport/connection-pool.ts';
import type { UpstreamOptions } from '../src/upstream-options.ts';

interface Watched {
  /** Turns the windows of all circuits. */
  readonly rotation?: EventEmitter;
  /** A circuit has changed. */
  readonly onState?: (name: string, state: string) => void;
}

/** All that an upstream is made of but the wire: the endpoint `http://a:1` answers as `transports.a` says. */
export function wholePipeline(
  transports: Readonly<Record<string, Send>>,
  options: UpstreamOptions,
  { rotation = new EventEmitter(), onState = () => {} }: Watched = {},
) {
  const { clock } = options;
  const telemetry = new Telemetry();
  const limiter = new ConcurrencyLimiter(options);
  const budget = new RetryBudget(options, clock);
  const shared: UpstreamShared = {
    name: 'things',
    options,
    telemetry,
    limiter,
    budget,
    poison: new PoisonRequests(() => budget.refund(), clock),
    endpoints: () => group,
    streams: new OpenStreams(),
    hasInterceptors: () => false,
  };
  const endpoints = Object.entries(transports).map(([name, transport]) => {
    const address = `http://${name}:1`;
    const breaker = new CircuitBreaker(options, rotation, (state) => {
      onState(name, state);
      endpoint.circuitChanged(state);
      group.refresh();
    });
    const load = new EndpointLoad(options);
    const pipeline = endpointPipeline(shared, { address, breaker, load, transport });
    const connections = new ConnectionPool(address, options);
    const probe = new ActiveProbe(options, transport, () => breaker.readmit());
    const endpoint = new Endpoint(address, { breaker, connections, load, probe, pipeline, clock });
    return endpoint;
  });
  const group = new EndpointGroup(options, endpoints);
  return { send: callPipeline(shared), endpoints, telemetry, limiter, budget };
}
