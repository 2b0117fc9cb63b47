import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { guestbook } from '@parley/guestbook';
import { createApp, createLogger } from '@parley/service';
import supertest from 'supertest';
import {
  behavesAsStore,
  expired,
  foundOf,
  someAnswer,
} from '../../packages/service/test-fixtures/idempotency-store-behaviour.ts';
import { createHandlers } from './handlers.ts';
import { openStore } from './store.ts';
import { databasesHere } from './test-fixtures/test-databases.ts';
import { someVisit } from './test-fixtures/test-visit.ts';
import type { VisitStore } from './visit.ts';

const friendly = { sayHello: async ({ name = 'World' } = {}) => ({ message: `Hello ${name}` }) };
const logger = createLogger('guestbook', { level: 'silent' });

describe.each(databasesHere())('answers in %s', (_, emptyDatabase) => {
  let store: VisitStore;
  let other: VisitStore;
  beforeEach(async () => {
    const settings = await emptyDatabase();
    [store, other] = [await openStore(settings), await openStore(settings)];
  });
  afterEach(async () => {
    await store.close();
    await other.close();
  });

  behavesAsStore(() => [store.answers, other.answers]);

  it('are kept together with the visit', async () => {
    const [visit, answer] = [someVisit({ note: 'a\nb' }), someAnswer()];
    await store.add(visit, answer);
    expect(await other.find(visit.id)).toStrictEqual(visit);
    expect(await other.answers.find(answer.key)).toEqual(foundOf(answer));
  });

  it('refuse a second visit with the same key, from any replica', async () => {
    const [visit, answer] = [someVisit(), someAnswer()];
    await store.add(visit, answer);
    for (const each of [store, other]) {
      await expect(each.add(someVisit(), answer)).rejects.toMatchObject({ code: 'idempotency_key_in_use' });
    }
    expect(await store.list({ limit: 10 })).toStrictEqual([visit]);
  });

  it('are not kept where the visit cannot be', async () => {
    const [visit, answer] = [someVisit(), someAnswer()];
    await store.add(visit);
    await expect(store.add(visit, answer)).rejects.toThrow(/unique/i);
    expect(await store.answers.find(answer.key)).toBeUndefined();
    await store.add(someVisit(), answer);
  });

  it('let one of many at once in', async () => {
    const answer = someAnswer();
    const adding = Array.from({ length: 10 }, (_, i) => (i % 2 ? store : other).add(someVisit(), answer));
    const outcomes = await Promise.allSettled(adding);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await store.list({ limit: 10 })).toHaveLength(1);
  });

  it('make room for others once they have expired', async () => {
    const old = Array.from({ length: 5 }, () => someAnswer(expired));
    for (const answer of old) await store.add(someVisit(), answer);
    await other.add(someVisit(), someAnswer());
    // Each of them is as new to the table as it was.
    for (const answer of old) await store.add(someVisit(), { ...answer, keptForMs: 60_000 });
    expect(await store.list({ limit: 100 })).toHaveLength(11);
  });

  it('are given again by either replica, with one visit', async () => {
    const apps = [store, other].map((each) =>
      createApp(guestbook, createHandlers(each, friendly), {
        logger,
        idempotency: { store: each.answers },
      }),
    );
    const sign = (app: (typeof apps)[number], name = 'Ada') =>
      supertest(app).post('/api/visits').set('idempotency-key', '"k"').send({ name });
    // At the same time on both, and then one after the other.
    const replies = await Promise.all(apps.map((app) => sign(app)));
    for (const app of apps) replies.push(await sign(app));
    expect(new Set(replies.map(({ status, text, headers }) => `${status} ${headers.location} ${text}`)).size).toBe(1);
    expect(replies[0]?.status).toBe(201);
    expect(replies.filter(({ headers }) => headers['idempotent-replayed'])).toHaveLength(3);
    expect(await store.list({ limit: 10 })).toHaveLength(1);
    for (const app of apps) await sign(app, 'Eve').expect(422);
  });
});
