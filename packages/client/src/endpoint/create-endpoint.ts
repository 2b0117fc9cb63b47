import type { EventEmitter } from 'node:events';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import type { Address } from '../discovery/address.ts';
import type { SendAttempt } from '../layer.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Transport } from '../transport/transport.ts';
import { ActiveProbe } from './active-probe.ts';
import { attemptTimeout } from './attempt-timeout.ts';
import { Endpoint } from './endpoint.ts';
import { EndpointLoad } from './endpoint-load.ts';

/** What one endpoint keeps for its attempts. */
export interface EndpointState {
  readonly breaker: CircuitBreaker;
  readonly load: EndpointLoad;
  /** Sends an attempt over the wire. */
  readonly transport: SendAttempt;
}

/** What the endpoints of an upstream share. */
export interface EndpointDependencies {
  /** Name of the upstream. */
  readonly upstream: string;
  /** Goes before the path of every request. */
  readonly basePath: string;
  readonly options: Current<UpstreamOptions>;
  readonly telemetry: Telemetry;
  readonly transport: Transport<SendAttempt>;
  /** Turns the windows of all circuits. */
  readonly rotation: EventEmitter;
  /** The layers of one attempt, from the chosen endpoint to the wire. */
  readonly pipeline: (state: EndpointState) => SendAttempt;
  /** Called when the endpoint was ejected or readmitted. */
  readonly onEjection: () => void;
}

/** Puts together what is kept per address. */
export function createEndpoint(found: Address, dependencies: EndpointDependencies): Endpoint {
  const { upstream, basePath, options, telemetry, rotation, pipeline, onEjection } = dependencies;
  const { clock } = options.current;
  const address = found.origin;
  const breaker = new CircuitBreaker(options, rotation, (state, reason) => {
    endpoint.circuitChanged(state);
    onEjection();
    telemetry.emit('onCircuit', { upstream, endpoint: address, state, reason });
  });
  const { send: transport, connections } = dependencies.transport.open(found, (event) => {
    if (telemetry.hasListeners) telemetry.emit('onConnection', { upstream, endpoint: address, ...event });
  });
  // Around the circuit, which lets nothing through when a probe is due.
  const probe = new ActiveProbe({ address, basePath }, options, attemptTimeout(options, clock)(transport), () => {
    breaker.readmit();
    onEjection();
  });
  const load = new EndpointLoad(options);
  const send = pipeline({ breaker, load, transport });
  const endpoint = new Endpoint(address, { breaker, connections, load, probe, pipeline: send, clock });
  return endpoint;
}
