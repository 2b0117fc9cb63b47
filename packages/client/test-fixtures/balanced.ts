import { EventEmitter } from 'node:events';
import { balancer } from '../src/balancing/balancer.ts';
import { EndpointGroup } from '../src/balancing/endpoint-group.ts';
import { Attribution } from '../src/breaker/attribution.ts';
import { CircuitBreaker } from '../src/breaker/circuit-breaker.ts';
import { circuitBreaker } from '../src/breaker/circuit-breaker-layer.ts';
import { PoisonRequests } from '../src/breaker/poison-requests.ts';
import { ActiveProbe } from '../src/endpoint/active-probe.ts';
import { Endpoint } from '../src/endpoint/endpoint.ts';
import { EndpointLoad } from '../src/endpoint/endpoint-load.ts';
import type { Request, Send } from '../src/layer.ts';
import { type UpstreamOptions, upstreamOptions } from '../src/options/upstream-options.ts';
import { seededRandom } from '../src/testing/seeded-random.ts';
import { VirtualClock } from '../src/testing/virtual-clock.ts';
import { ConnectionPool } from '../src/transport/connection-pool.ts';
import { someReply, someRequest } from './sample.ts';

/** Endpoints as an upstream has them, but for the wire, behind a balancer. Names are addresses. */
export class Balanced {
  readonly clock = new VirtualClock();
  readonly options: UpstreamOptions;
  readonly group: EndpointGroup;
  readonly send: Send;
  /** How many attempts each endpoint got. */
  readonly counts = new Map<string, number>();
  readonly #rotation = new EventEmitter().setMaxListeners(0);
  readonly #poison = new PoisonRequests(() => {}, this.clock);

  constructor(given: Partial<UpstreamOptions> = {}) {
    this.options = upstreamOptions({ clock: this.clock, random: seededRandom(), ...given });
    this.group = new EndpointGroup(this.options);
    this.send = balancer(() => this.group, 'things', this.options);
  }

  /** Adds an endpoint. The clock, and with it slow start, is taken from {@link clock}. */
  add(address: string, transport: Send = async () => someReply()): Endpoint {
    const breaker = new CircuitBreaker(this.options, this.#rotation, (state) => {
      endpoint.circuitChanged(state);
      this.group.refresh();
    });
    const counted: Send = (request) => {
      this.counts.set(address, (this.counts.get(address) ?? 0) + 1);
      return transport(request);
    };
    const load = new EndpointLoad(this.options);
    const endpoint = new Endpoint(address, {
      breaker,
      connections: new ConnectionPool('http://127.0.0.1:1', this.options),
      load,
      probe: new ActiveProbe(this.options, transport, () => breaker.readmit()),
      pipeline: circuitBreaker(breaker, new Attribution(this.#poison, breaker, load), address)(counted),
      clock: this.clock,
    });
    this.group.replace([...this.group.all, endpoint]);
    return endpoint;
  }

  /** Where one attempt goes; its result does not matter. */
  async chosen(overrides: Partial<Request> = {}): Promise<string> {
    const request = someRequest({ ...overrides, tried: [...(overrides.tried ?? [])] });
    await this.send(request).catch(() => {});
    return request.tried.at(-1) ?? '';
  }

  /** Sends `perSecond` for so many seconds, evenly, and lets all of them end; how they were shared out, per endpoint. */
  async shares(perSecond: number, seconds: number): Promise<Record<string, number>> {
    this.counts.clear();
    for (let i = 0; i < perSecond * seconds; i++) {
      this.send(someRequest()).catch(() => {});
      await this.clock.advance(1_000 / perSecond);
    }
    const addresses = this.group.all.map(({ address }) => address);
    const total = perSecond * seconds;
    return Object.fromEntries(addresses.map((address) => [address, (this.counts.get(address) ?? 0) / total]));
  }

  /** A transport that answers after so long, with whatever `answer` gives. */
  after(ms: number, answer: Send = async () => someReply()): Send {
    return (request) =>
      new Promise((resolve, reject) => {
        this.clock.after(ms, () => answer(request).then(resolve, reject));
      });
  }

  async close(): Promise<void> {
    await Promise.all(this.group.all.map((endpoint) => endpoint.close()));
  }
}
