import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { mergeEvents } from './merged-events.ts';
import type { WorkerProcess } from './worker-process.ts';

const asked = { method: 'GET', path: '/admin/events', headers: {}, signal: new AbortController().signal };
const frame = (event: object) => `data: ${JSON.stringify(event)}\n\n`;
const snapshot = frame({ kind: 'snapshot', at: 'now', service: { load: {} }, upstreams: [] });

/** The reply of a worker, to be written by the test. */
function reply() {
  return Object.assign(new PassThrough(), { statusCode: 200, headers: {} });
}

/** A response whose reader takes nothing where `unreadBytes` says so. */
function response(unreadBytes = 0) {
  const written: string[] = [];
  const res = Object.assign(new EventEmitter(), {
    written,
    writableLength: unreadBytes,
    isDestroyed: false,
    writeHead: () => {},
    write: (text: string) => written.push(text),
    destroy: () => {
      res.isDestroyed = true;
    },
  });
  return res;
}

async function merging(replies: readonly ReturnType<typeof reply>[], res: ReturnType<typeof response>) {
  const workers = replies.map((each) => ({ request: async () => each as unknown as IncomingMessage }));
  await mergeEvents(workers as unknown as WorkerProcess[], asked, res as unknown as ServerResponse);
}

async function write(to: ReturnType<typeof reply>, text: string) {
  const read = once(to, 'data');
  to.write(text);
  await read;
}

describe('the events of several workers', () => {
  it('have each change after the snapshot, one that came before the last worker told its state too', async () => {
    const [first, second, res] = [reply(), reply(), response()];
    await merging([first, second], res);
    await write(first, snapshot);
    await write(first, frame({ kind: 'circuit', state: 'open' }));
    expect(res.written).toEqual([]);
    await write(second, snapshot);
    await write(second, frame({ kind: 'circuit', state: 'closed' }));
    const kinds = res.written.map((text) => JSON.parse(text.slice('data: '.length)));
    expect(kinds).toEqual([
      expect.objectContaining({ kind: 'snapshot' }),
      { kind: 'circuit', state: 'open' },
      { kind: 'circuit', state: 'closed' },
    ]);
  });

  it('are cut off where their reader leaves 1 MiB unread', async () => {
    const [only, res] = [reply(), response(1_048_577)];
    await merging([only], res);
    await write(only, snapshot);
    expect([res.written, res.isDestroyed]).toEqual([[], true]);
  });
});
