import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientSessionOptions,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { text } from 'node:stream/consumers';

/** A session that doesn't throw when its server goes away. */
export function http2Session(url: string, options: ClientSessionOptions & Record<string, unknown> = {}) {
  return connect(url, options).on('error', () => {});
}

/** Sends one request, and answers with what came back. Rejects where the stream is reset. */
export async function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string) {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  const closed = once(stream, 'close').then(() => {
    throw new Error('no response');
  });
  closed.catch(() => {});
  const [head] = await Promise.race([once(stream, 'response'), closed]).catch((error) => {
    throw stream.rstCode === constants.NGHTTP2_REFUSED_STREAM ? new RefusedStream() : error;
  });
  return { status: head[':status'] as number, headers: head, body: await text(stream) };
}

/** A request that was certainly never begun with: whoever asks sends it elsewhere. RFC 9113 §8.7. */
export class RefusedStream extends Error {}
