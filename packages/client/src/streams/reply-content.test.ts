import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { rejection } from '../../test-fixtures/sample.ts';
import { virtualClock } from '../testing/virtual-clock.ts';
import { Reply } from '../transport/reply.ts';
import { ReplyContent } from './reply-content.ts';

function open(headers: Record<string, string> = {}) {
  const clock = virtualClock();
  const body = new Readable({ read() {} });
  body.on('error', () => {});
  const origin = { operation: 'GET /file', endpoint: 'http://e', attempts: 2 };
  const limits = { clock, idleTimeoutMs: 1000, maxBytes: 10 };
  return { clock, body, content: new ReplyContent(new Reply(200, headers, body, origin), limits) };
}

describe('the content of a reply', () => {
  it('says what its headers say', () => {
    const { content } = open({
      'content-type': 'video/mp4',
      'content-length': '5',
      'content-range': 'bytes 5-9/*',
      'content-disposition': 'attachment; filename=a.mp4',
      etag: '"v1"',
    });
    expect({ ...content }).toMatchObject({ type: 'video/mp4', size: 5, name: 'a.mp4', etag: '"v1"' });
    expect(content.range).toEqual({ start: 5, end: 9, total: undefined });
    expect(open().content).toMatchObject({ type: 'application/octet-stream', size: undefined, name: undefined });
  });

  it('is given up where nobody begins to read', async () => {
    const { clock, body, content } = open();
    await clock.advance(999);
    expect(body.destroyed).toBe(false);
    await clock.advance(1);
    expect(body.destroyed).toBe(true);
    expect(await rejection(content.bytes())).toMatchObject({ code: 'deadline_exceeded', operation: 'GET /file' });
  });

  it('is given up where no bytes come', async () => {
    const { clock, body, content } = open();
    const reading = rejection(content.text());
    await clock.advance(900);
    body.push('abc');
    await clock.advance(900);
    expect(body.destroyed).toBe(false);
    await clock.advance(100);
    expect(await reading).toMatchObject({ code: 'deadline_exceeded', detail: 'no bytes came for 1000 ms' });
  });

  it('that is cut off is an error', async () => {
    const { body, content } = open();
    const reading = rejection(content.bytes());
    body.push('abc');
    body.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    expect(await reading).toMatchObject({ code: 'unavailable', detail: 'the reply was cut off (ECONNRESET)' });
  });

  it('holds no more in memory than it may, and ends the rest', async () => {
    const { body, content } = open();
    body.push('12345678901');
    expect(await rejection(content.bytes())).toMatchObject({ code: 'invalid_reply' });
    expect(body.destroyed).toBe(true);
  });

  it('is closed with the stream of it', async () => {
    const { body, content } = open();
    body.push('abc');
    for await (const chunk of content.stream()) {
      expect(Buffer.from(chunk).toString()).toBe('abc');
      break;
    }
    expect(body.destroyed).toBe(true);
    expect(() => content.stream()).toThrow('can be read once');
  });
});
