import { describe, expect, it } from '@jest/globals';
import { CallError, currentContext } from '@parley/contract';
import { protocols } from '../../test-fixtures/protocols.ts';
import { visitsApp } from '../../test-fixtures/visits-app.ts';

describe.each(protocols)('a reply over $protocol', ({ request }) => {
  type Work = () => void;

  function replyAfter(work: Work, { fails = false, given = '3' } = {}) {
    const { app } = visitsApp({
      latestVisit: async () => {
        work();
        if (fails) throw new CallError('unavailable', 'not now');
        return { id: 'last' };
      },
    });
    const asked = request(app).get('/api/visits/latest');
    return given ? asked.set('x-attempts-left', given) : asked;
  }

  const use = () => void currentContext().attemptsLeft?.take();
  const refuse = () => currentContext().attemptsLeft?.refuse();

  it.each([false, true])('says how many attempts are left where some were used (failure: %p)', async (fails) => {
    expect((await replyAfter(use, { fails })).headers['x-attempts-left']).toBe('2');
  });

  it('says that none are left where it is a failure and a retry was refused', async () => {
    expect((await replyAfter(refuse, { fails: true })).headers['x-attempts-left']).toBe('0');
    expect((await replyAfter(refuse)).headers).not.toHaveProperty('x-attempts-left');
  });

  it.each([
    ['3', '3'],
    ['', '0'],
  ])('says it in any case where an upstream failed: given %j, left %s', async (given, left) => {
    const fail = () => {
      throw new CallError('invalid_reply', 'x', { operation: 'GET /' });
    };
    const { headers, status } = await replyAfter(fail, { given });
    expect([status, headers['x-attempts-left']]).toEqual([502, left]);
  });

  it.each(['3', '', 'many', '-1', '100'])('says nothing where none were used of %j', async (given) => {
    const { headers } = await replyAfter(() => {}, { given, fails: true });
    expect(headers).not.toHaveProperty('x-attempts-left');
  });
});
