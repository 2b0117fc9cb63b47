import type { Client, Handlers } from '@parley/contract';
import type { hello as helloContract } from '@parley/hello';
import { keyedAnswer } from '@parley/service';
import { v7 as uuidv7 } from 'uuid';
import { type guestbook, unknownVisit } from './contract.ts';
import type { VisitStore } from './visit.ts';

/** Makes the handlers of the guestbook, from where visits are kept and a client of hello. */
export function createHandlers({
  store,
  hello,
}: {
  store: VisitStore;
  hello: Client<typeof helloContract>;
}): Handlers<typeof guestbook> {
  return {
    async addVisit(input) {
      const { message } = await hello.sayHello({ name: input.name });
      const visit = { ...input, id: uuidv7(), message, visitedAt: new Date().toISOString() };
      const output = { ...visit, location: `/api/visits/${visit.id}` };
      await store.add(visit, await keyedAnswer(output));
      return output;
    },

    async listVisits({ limit, cursor }) {
      // One more than asked for tells whether there is another page.
      const found = await store.list({ limit: limit + 1, before: cursor });
      const visits = found.slice(0, limit);
      return { visits, next: found.length > limit ? visits.at(-1)?.id : undefined };
    },

    async getVisit({ id }) {
      const visit = await store.find(id);
      if (!visit) throw unknownVisit(`no visit has the id ${id}`);
      return visit;
    },
  };
}
