import { type Contract, type Handlers, publicError } from '@parley/contract';
import type { Upstream } from '../upstream.ts';
import { type Answerer, answeredUpstream, type InMemoryOptions } from './answered-upstream.ts';
import type { FaultScope } from './fault-injection.ts';
import type { Faults } from './faults.ts';
import type { InMemoryRequest } from './in-memory-message.ts';
import { inMemoryRoutes } from './in-memory-route.ts';
import { InMemoryService } from './in-memory-service.ts';
import { problemReply } from './problem-reply.ts';

export type { InMemoryOptions } from './answered-upstream.ts';

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
  options: Partial<InMemoryOptions> = {},
): InMemoryUpstream<C> {
  const hiddenErrors: unknown[] = [];
  const upstream = answeredUpstream(contract.name, options, (clock) => {
    const service = new InMemoryService(contract, handlers as Partial<Handlers<Contract>>, clock, hiddenErrors);
    return answererOf(contract, service);
  });
  const { inject: injectAny } = upstream;
  const inject: InMemoryUpstream<C>['inject'] = (faults, scope = {}) => {
    expectKnown(scope, contract);
    return injectAny(faults, scope);
  };
  return Object.assign(upstream, { inject, hiddenErrors });
}

function answererOf(contract: Contract, service: InMemoryService): (request: InMemoryRequest) => Answerer {
  const find = inMemoryRoutes(contract);
  return (request) => {
    try {
      const route = find(request);
      return { operation: route.name, answer: () => service.answer(request, route) };
    } catch (error) {
      return { answer: async () => problemReply(await publicError(error, undefined)) };
    }
  };
}

function expectKnown({ operation }: FaultScope, { operations, name }: Contract): void {
  if (operation === undefined || Object.hasOwn(operations, operation)) return;
  throw new TypeError(`${name} has no operation ${operation}, but ${Object.keys(operations).join(', ')}`);
}
