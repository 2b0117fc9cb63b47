import type { EventEmitter } from 'node:events';
import type { Axios } from '../axios/axios.ts';
import { axiosTransport } from '../axios/axios-transport.ts';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import type { Address } from '../discovery/address.ts';
import { endpointPipeline, type UpstreamShared } from '../pipeline.ts';
import type { Transport } from '../transport/transport.ts';
import { ActiveProbe } from './active-probe.ts';
import { attemptTimeout } from './attempt-timeout.ts';
import { Endpoint } from './endpoint.ts';
import { EndpointLoad } from './endpoint-load.ts';

/** What the endpoints of an upstream share. */
export interface EndpointDependencies {
  readonly shared: UpstreamShared;
  readonly axios: Axios;
  readonly transport: Transport;
  /** Turns the windows of all circuits. */
  readonly rotation: EventEmitter;
  /** An endpoint was ejected or let in. */
  readonly onEjection: () => void;
}

/** Puts together what is kept per address. */
export function createEndpoint(found: Address, surroundings: EndpointDependencies): Endpoint {
  const { shared, axios, rotation, onEjection } = surroundings;
  const { name, options, telemetry } = shared;
  const { clock } = options;
  const address = found.origin;
  const breaker = new CircuitBreaker(options, rotation, (state) => {
    endpoint.circuitChanged(state);
    onEjection();
    telemetry.emit('onCircuit', { upstream: name, endpoint: address, state });
  });
  const { adapter, connections } = surroundings.transport.open(found);
  const transport = axiosTransport(axios, adapter, address);
  // Around the circuit, which lets nothing through when a probe is due.
  const probe = new ActiveProbe(options, attemptTimeout(options, address, clock)(transport), () => {
    breaker.readmit();
    onEjection();
  });
  const load = new EndpointLoad(options);
  const pipeline = endpointPipeline(shared, { address, breaker, load, transport });
  const endpoint = new Endpoint(address, { breaker, connections, load, probe, pipeline, clock });
  return endpoint;
}
