import { createAxios } from '../axios/axios.ts';
import { discovery } from '../discovery/discovery.ts';
import { CurrentOptions } from '../options/current-options.ts';
import { checkedLayers } from '../pipeline.ts';
import type { Clock } from '../time/clock.ts';
import { AssembledUpstream, type CreateUpstreamOptions } from '../upstream.ts';
import { FaultInjection, type FaultScope } from './fault-injection.ts';
import type { Faults } from './faults.ts';
import type { InMemoryReply, InMemoryRequest } from './in-memory-message.ts';
import { InMemoryTransport, waiting } from './in-memory-transport.ts';

/** How an upstream in memory is made: what any upstream takes, and how many replicas answer. */
export interface InMemoryOptions extends CreateUpstreamOptions {
  /** Each is an endpoint, with a circuit of its own: `http://greetings-1` and so on. Default 1. */
  readonly replicas: number;
}

/** Who answers one request, and the operation that it is for, where that is known. */
export interface Answerer {
  readonly operation?: string | undefined;
  answer(): Promise<InMemoryReply>;
}

/** An upstream over any function of a request, whose attempts can be made to go wrong. */
export interface AnsweredUpstream extends AssembledUpstream {
  /** @throws TypeError for a replica that there is not */
  inject(faults: Faults, scope: FaultScope): () => void;
}

/**
 * Puts a function where the network is.
 *
 * @param answererOf gives for each request what answers it, if no fault does
 * @throws TypeError as `createUpstream`, and for a number of replicas that is not from 1 to 1000
 */
export function answeredUpstream(
  name: string,
  { replicas = 1, layers, ...given }: Partial<InMemoryOptions>,
  answererOf: (clock: Clock) => (request: InMemoryRequest) => Answerer,
): AnsweredUpstream {
  if (!(Number.isInteger(replicas) && replicas >= 1 && replicas <= 1_000)) {
    throw new TypeError(`replicas must be a whole number from 1 to 1000, not ${replicas}`);
  }
  const options = new CurrentOptions(given);
  const { clock } = options.current;
  const addresses = Array.from({ length: replicas }, (_, index) => `http://${name}-${index + 1}`);
  const injection = new FaultInjection();
  const find = answererOf(clock);

  const answer = async (request: InMemoryRequest, address: string): Promise<InMemoryReply> => {
    const answerer = find(request);
    const fault = injection.next(answerer.operation, addresses.indexOf(address) + 1);
    const answered = () => answerer.answer();
    return fault ? fault({ answer: answered, wait: waiting(clock, request) }) : answered();
  };
  const axios = createAxios();
  const upstream = new AssembledUpstream(name, {
    options,
    discovery: discovery(addresses, options),
    transport: new InMemoryTransport(axios, answer, options),
    axios,
    layers: checkedLayers(layers),
  });
  const inject = (faults: Faults, scope: FaultScope) => {
    const { replica } = scope;
    if (replica !== undefined && !(Number.isInteger(replica) && replica >= 1 && replica <= replicas)) {
      throw new TypeError(`replica must be a whole number from 1 to ${replicas}, not ${replica}`);
    }
    return injection.inject(faults, scope);
  };
  return Object.assign(upstream, { inject });
}
