import { type Contract, type Handlers, publicError } from '@parley/contract';
import { createAxios } from '../axios/axios.ts';
import { discovery } from '../discovery/discovery.ts';
import { CurrentOptions } from '../options/current-options.ts';
import { checkedLayers } from '../pipeline.ts';
import { AssembledUpstream, type CreateUpstreamOptions, type Upstream } from '../upstream.ts';
import { FaultInjection, type FaultScope } from './fault-injection.ts';
import type { Faults } from './faults.ts';
import type { InMemoryReply, InMemoryRequest } from './in-memory-message.ts';
import { type InMemoryRoute, inMemoryRoutes } from './in-memory-route.ts';
import { InMemoryService } from './in-memory-service.ts';
import { InMemoryTransport, waiting } from './in-memory-transport.ts';
import { problemReply } from './problem-reply.ts';

/** How an upstream in memory is made: what any upstream takes, and how many replicas answer. */
export interface InMemoryOptions extends CreateUpstreamOptions {
  /** Each is an endpoint, with a circuit of its own: `http://greetings-1` and so on. Default 1. */
  readonly replicas: number;
}

/** An upstream whose endpoints are handlers in this process. */
export interface InMemoryUpstream<C extends Contract> extends Upstream {
  /**
   * Makes attempts go wrong from now on; the returned function ends that.
   *
   * @throws TypeError for an operation or replica that there is not
   */
  inject(faults: Faults, scope?: FaultScope<keyof C['operations'] & string>): () => void;
  /** Errors of handlers that callers see as `internal` only: look here when a test fails with `internal`. */
  readonly hiddenErrors: readonly unknown[];
}

/**
 * An upstream for tests: no socket, but the whole pipeline (deadline, retry, balancer, circuit breaker, interceptors),
 * and inputs, outputs and errors that travel as JSON and are checked at both ends.
 *
 * @param handlers those that the test needs; a call of another operation fails with `not_found`
 * @param options those of `createUpstream`, and `replicas`. Options of sockets (connections, TLS, the version of HTTP,
 *   compression) are checked and have no effect
 * @throws TypeError as `createUpstream`, and where a handler is not a function
 */
export function inMemoryUpstream<C extends Contract>(
  contract: C,
  handlers: Partial<Handlers<C>>,
  { replicas = 1, layers, ...given }: Partial<InMemoryOptions> = {},
): InMemoryUpstream<C> {
  if (!(Number.isInteger(replicas) && replicas >= 1 && replicas <= 1_000)) {
    throw new TypeError(`replicas must be a whole number from 1 to 1000, not ${replicas}`);
  }
  const options = new CurrentOptions(given);
  const { clock } = options.current;
  const addresses = Array.from({ length: replicas }, (_, index) => `http://${contract.name}-${index + 1}`);
  const service = new InMemoryService(contract, handlers as Partial<Handlers<Contract>>, clock);
  const injection = new FaultInjection();
  const find = inMemoryRoutes(contract);

  const answer = async (request: InMemoryRequest, address: string): Promise<InMemoryReply> => {
    const route = routeOf(find, request);
    const answered = async () =>
      'operation' in route ? service.answer(request, route) : problemReply(await publicError(route.error, undefined));
    const name = 'name' in route ? route.name : undefined;
    const fault = injection.next(name, addresses.indexOf(address) + 1);
    return fault ? fault({ answer: answered, wait: waiting(clock, request) }) : answered();
  };
  const axios = createAxios();
  const upstream = new AssembledUpstream(contract.name, {
    options,
    discovery: discovery(addresses, options),
    transport: new InMemoryTransport(axios, answer, options),
    axios,
    layers: checkedLayers(layers),
  });
  const inject: InMemoryUpstream<C>['inject'] = (faults, scope = {}) => {
    expectKnown(scope, contract, replicas);
    return injection.inject(faults, scope);
  };
  return Object.assign(upstream, { inject, hiddenErrors: service.hiddenErrors });
}

function routeOf(
  find: (request: InMemoryRequest) => InMemoryRoute,
  request: InMemoryRequest,
): InMemoryRoute | { readonly error: unknown } {
  try {
    return find(request);
  } catch (error) {
    return { error };
  }
}

function expectKnown({ operation, replica }: FaultScope, { operations, name }: Contract, replicas: number): void {
  if (operation !== undefined && !Object.hasOwn(operations, operation)) {
    throw new TypeError(`${name} has no operation ${operation}, but ${Object.keys(operations).join(', ')}`);
  }
  if (replica !== undefined && !(Number.isInteger(replica) && replica >= 1 && replica <= replicas)) {
    throw new TypeError(`replica must be a whole number from 1 to ${replicas}, not ${replica}`);
  }
}
