import type { EventEmitter } from 'node:events';
import { ActiveProbe } from './balancing/active-probe.ts';
import { EndpointLoad } from './balancing/endpoint-load.ts';
import type { Address } from './discovery/address.ts';
import { Endpoint } from './endpoint.ts';
import { endpointPipeline, type UpstreamShared } from './pipeline.ts';
import { attemptTimeout } from './resilience/attempt-timeout.ts';
import { CircuitBreaker } from './resilience/circuit-breaker.ts';
import type { Axios } from './transport/axios.ts';
import { axiosTransport } from './transport/axios-transport.ts';
import type { Transport } from './transport/transport.ts';

/** What the endpoints of an upstream share. */
export interface EndpointSurroundings {
  readonly shared: UpstreamShared;
  readonly axios: Axios;
  readonly transport: Transport;
  /** Turns the windows of all circuits. */
  readonly rotation: EventEmitter;
  /** An endpoint was ejected or let in. */
  readonly onEjection: () => void;
}

/** Puts together what is kept per address. */
export function openEndpoint(found: Address, surroundings: EndpointSurroundings): Endpoint {
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
