import type { Client, Handlers } from '@parley/contract';
import { type guestbook, unknownVisit } from '@parley/guestbook';
import type { hello as helloContract } from '@parley/hello';
import { keyedAnswer, version } from '@parley/service';
import { newVisit, pageOf, type VisitStore } from './visit.ts';

/** The operation of hello that this service calls. */
export type Hello = Pick<Client<typeof helloContract>, 'sayHello'>;

/** Makes the handlers of the guestbook, from where visits are kept and a client of hello. */
export function createHandlers(store: VisitStore, hello: Hello): Handlers<typeof guestbook> {
  return {
    async addVisit(input) {
      const { message } = await hello.sayHello({ name: input.name });
      const visit = newVisit({ ...input, message });
      await store.add(visit, await keyedAnswer(visit));
      return visit;
    },
    listVisits: (query) => pageOf(store, query),
    async getVisit({ id }) {
      const visit = await store.find(id);
      if (!visit) throw unknownVisit(`no visit has the id ${id}`);
      version(id);
      return visit;
    },
  };
}
