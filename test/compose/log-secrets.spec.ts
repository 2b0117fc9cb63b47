import { describe, expect, it } from '@jest/globals';
import { abort, abortBody, flood, refusedRequests, secret, secretGet } from '../planted-secrets.ts';
import { sendRaw } from '../send-raw.ts';
import { baseUrl, compose, containersOf, docker, start } from './stack.ts';

describe('what the containers log', () => {
  it('holds nothing that a client has sent but its path, however its request ends', async () => {
    for (const [, , bytes] of refusedRequests) await sendRaw(baseUrl(), bytes);
    await abortBody(baseUrl());
    expect(await flood(baseUrl(), 1_100)).toBeGreaterThan(0);

    const hello = await containersOf('hello');
    await docker('pause', ...hello);
    await abort(baseUrl(), '/api/hello'); // certainly before it is answered
    // nginx waits for 12 s.
    const late = await sendRaw(baseUrl(), secretGet('/api/hello'));
    const broken = [1, 2, 3, 4].map(() => sendRaw(baseUrl(), secretGet('/api/hello')));
    await docker('unpause', ...hello);
    await docker('kill', ...hello);
    const gone = await sendRaw(baseUrl(), secretGet('/api/hello'));
    await Promise.all(broken);
    for (const replica of hello) await start(replica);
    expect([late.status, gone.status]).toEqual([504, 503]);

    const logs = await compose('logs', '--no-color');
    expect(logs.split('\n').filter((line) => line.includes(secret))).toEqual([]);
    for (const status of [400, 404, 405, 413, 414, 429, 431, 499, 503, 504]) {
      expect([status, logs.includes(`"status":${status},`)]).toEqual([status, true]);
    }
  });
});
