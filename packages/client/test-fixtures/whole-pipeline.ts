import { EventEmitter } from 'node:events';
import { EndpointGroup } from '../src/balancing/endpoint-group.ts';
import { CircuitBreaker } from '../src/breaker/circuit-breaker.ts';
import { PoisonRequests } from '../src/breaker/poison-requests.ts';
import { CallQueue } from '../src/call/call-queue.ts';
import { RetryBudget } from '../src/call/retry-budget.ts';
import { ActiveProbe } from '../src/endpoint/active-probe.ts';
import { Endpoint } from '../src/endpoint/endpoint.ts';
import { EndpointLoad } from '../src/endpoint/endpoint-load.ts';
import type { Send } from '../src/layer.ts';
import type { UpstreamOptions } from '../src/options/upstream-options.ts';
import { callPipeline, endpointPipeline, type UpstreamShared } from '../src/pipeline.ts';
import { ActiveStreams } from '../src/streams/active-streams.ts';
import { Telemetry } from '../src/telemetry/telemetry.ts';
import { ConnectionPool } from '../src/transport/connection-pool.ts';

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
  const limiter = new CallQueue(options);
  const budget = new RetryBudget(options, clock);
  const shared: UpstreamShared = {
    name: 'things',
    options,
    telemetry,
    limiter,
    budget,
    poison: new PoisonRequests(() => budget.refund(), clock),
    endpoints: () => group,
    streams: new ActiveStreams(),
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
