import { beforeEach, describe, expect, it } from '@jest/globals';
import { bytes, defineContract, get } from '@parley/contract';
import { rejection } from '../../test-fixtures/sample.ts';
import { networkError, scriptedFetch } from '../../test-fixtures/scripted-fetch.ts';
import { settled, VirtualClock } from '../testing/virtual-clock.ts';
import { createFetchClient } from './fetch-client.ts';

const files = defineContract('files', { file: get('/file', { summary: 's', output: bytes() }) });

let clock: VirtualClock;
let body: ReadableStreamDefaultController<Uint8Array>;
let isCancelled: boolean;
beforeEach(() => {
  clock = new VirtualClock();
  isCancelled = false;
});

const write = (text: string) => body.enqueue(new TextEncoder().encode(text));

/** A content whose first piece is `ab`; the test writes the others. */
async function opened() {
  const source = new ReadableStream<Uint8Array>({
    start(controller) {
      body = controller;
      write('ab');
    },
    cancel() {
      isCancelled = true;
    },
  });
  const { fetch } = scriptedFetch(async () => new Response(source));
  const client = createFetchClient(files, { baseUrl: 'https://api.test', fetch, clock, idleTimeoutMs: 1_000 });
  return client.file();
}

describe('bytes over fetch', () => {
  it('come as they are read, and leave no timer', async () => {
    const content = await opened();
    const text = content.text();
    write('cd');
    body.close();
    expect([await text, clock.pending]).toEqual(['abcd', 0]);
  });

  it('are cancelled with their stream, before anybody has read', async () => {
    const content = await opened();
    await content.stream().cancel();
    expect([isCancelled, clock.pending]).toEqual([true, 0]);
  });

  it('are cancelled with their stream at once, while a piece is waited for', async () => {
    const reader = (await opened()).stream().getReader();
    await reader.read();
    const waiting = reader.read();
    await settled();
    await reader.cancel();
    expect([isCancelled, await waiting]).toEqual([true, { done: true, value: undefined }]);
    await settled();
    expect(clock.pending).toBe(0);
  });

  it('are given up where nobody begins to read', async () => {
    const content = await opened();
    await clock.advance(999);
    expect(isCancelled).toBe(false);
    await clock.advance(1);
    expect(isCancelled).toBe(true);
    const failure = { code: 'deadline_exceeded', detail: 'nobody read the reply for 1000 ms', operation: 'GET /file' };
    expect(await rejection(content.bytes())).toMatchObject(failure);
  });

  it('are given up where none come', async () => {
    const reading = (await opened()).text();
    const failure = rejection(reading);
    await clock.advance(1_000);
    expect(await failure).toMatchObject({ code: 'deadline_exceeded', detail: 'no bytes came for 1000 ms' });
    expect(isCancelled).toBe(true);
  });

  it('that are cut off are an error', async () => {
    const failure = rejection((await opened()).bytes());
    body.error(networkError);
    expect(await failure).toMatchObject({ code: 'unavailable', detail: 'the reply was cut off', cause: networkError });
  });
});
