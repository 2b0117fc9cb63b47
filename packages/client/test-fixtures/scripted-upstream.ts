import { createAxios } from '../src/axios/axios.ts';
import { balancer } from '../src/balancing/balancer.ts';
import type { EndpointGroup } from '../src/balancing/endpoint-group.ts';
import type { Address, Discovery } from '../src/discovery/address.ts';
import type { Endpoint } from '../src/endpoint/endpoint.ts';
import type { Attempt, CallLayer, Try } from '../src/layer.ts';
import { CurrentOptions } from '../src/options/current-options.ts';
import type { UpstreamOptions } from '../src/options/upstream-options.ts';
import { seededRandom } from '../src/testing/seeded-random.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';
import { Network } from '../src/transport/network.ts';
import type { Reply } from '../src/transport/reply.ts';
import { AssembledUpstream } from '../src/upstream.ts';
import { someCall, someReply, someTry } from './sample.ts';

/** How one endpoint answers its attempts. */
export type Answering = (attempt: Attempt) => Promise<Reply>;

/** What a scripted upstream is made with beyond the options of any upstream. */
export interface ScriptedOptions extends UpstreamOptions {
  /** Layers around each call. */
  readonly callLayers: readonly CallLayer[];
}

/**
 * An upstream as it is shipped, whose endpoints answer by script in place of the wire. The
 * endpoint `a` has the address `http://a`. Its clock is virtual, and its random numbers are seeded.
 */
export class ScriptedUpstream {
  readonly clock: VirtualClock;
  readonly upstream: AssembledUpstream;
  /** Attempts that each endpoint got, by name. */
  readonly counts = new Map<string, number>();
  readonly #answers = new Map<string, Answering>();
  #addresses: readonly Address[] = [];
  #onChange: (addresses: readonly Address[]) => void = () => {};

  constructor(
    answers: Readonly<Record<string, Answering>> = {},
    { clock = new VirtualClock(), callLayers = [], ...given }: Partial<ScriptedOptions> = {},
  ) {
    this.clock = clock as VirtualClock;
    const options = new CurrentOptions({ clock, random: seededRandom(), ...given });
    const discovery: Discovery = {
      addresses: () => this.#addresses,
      onChange: (callback) => {
        this.#onChange = callback;
      },
      refresh() {},
      close() {},
    };
    const transport = new Network(options, () => (attempt: Attempt) => this.#answer(attempt));
    const layers = { call: callLayers, attempt: [] };
    this.upstream = new AssembledUpstream('things', { options, discovery, transport, axios: createAxios(), layers });
    this.add(answers);
  }

  get options(): UpstreamOptions {
    return this.upstream.options;
  }

  get group(): EndpointGroup {
    return this.upstream.endpointSet.group;
  }

  /** Has discovery find more endpoints. All but the first ones start slowly. */
  add(answers: Readonly<Record<string, Answering>>): void {
    for (const [name, answer] of Object.entries(answers)) this.#answers.set(`http://${name}`, answer);
    this.place([...this.#answers.keys()].map((origin) => ({ origin, weight: 1 })));
  }

  /** Has discovery find these addresses. */
  place(addresses: readonly Address[]): void {
    this.#addresses = addresses;
    this.#onChange(addresses);
  }

  /** The endpoint of this name. */
  at(name: string): Endpoint {
    return this.upstream.endpointSet.at(`http://${name}`);
  }

  /** The name of the endpoint that one try goes to; how it ends does not matter. */
  async chosen(overrides: Partial<Try> & { readonly tried?: readonly string[] } = {}): Promise<string> {
    const { tried = [], ...own } = overrides;
    const call = someCall();
    for (const name of tried) call.tried.add(`http://${name}`);
    const send = balancer(() => this.group, 'things', this.options);
    await send(someTry({ call, ...own })).catch(() => {});
    return (call.tried.last ?? '').replace('http://', '');
  }

  /** Sends `perSecond` calls of one attempt for some seconds, evenly, and lets all of them end; each endpoint's share. */
  async shares(perSecond: number, seconds: number): Promise<Record<string, number>> {
    this.counts.clear();
    const send = balancer(() => this.group, 'things', this.options);
    for (let i = 0; i < perSecond * seconds; i++) {
      send(someTry()).catch(() => {});
      await this.clock.advance(1_000 / perSecond);
    }
    const names = this.group.all.map(({ address }) => address.replace('http://', ''));
    const total = perSecond * seconds;
    return Object.fromEntries(names.map((name) => [name, (this.counts.get(name) ?? 0) / total]));
  }

  /** Answers after some time. */
  after(ms: number, answer: Answering = async () => someReply()): Answering {
    return (attempt) =>
      new Promise((resolve, reject) => {
        this.clock.after(ms, () => answer(attempt).then(resolve, reject));
      });
  }

  /** Closes the upstream, whose calls under way end in virtual time. */
  async close(): Promise<void> {
    const closed = this.upstream.close();
    await this.clock.advance(60_000);
    await closed;
  }

  #answer(attempt: Attempt): Promise<Reply> {
    const name = attempt.endpoint.replace('http://', '');
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    const answer = this.#answers.get(attempt.endpoint);
    return answer ? answer(attempt) : Promise.resolve(someReply());
  }
}
