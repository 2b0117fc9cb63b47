import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { http2Limits } from './http2-limits.ts';

/** Requests that one HTTP/1.1 connection may have at once: as many as over HTTP/2. */
const maxPipelined = http2Limits.settings.maxConcurrentStreams;

/** What became of the requests that a client has sent before it had the replies to those in front of them. */
interface Pipeline {
  /** How many are served, and have not been answered. */
  waiting: number;
  /** How many came after the last one that is served. None while any may come. */
  ignored: number | undefined;
}

/**
 * Bounds the requests that a client sends on a connection without waiting for replies: a thousand fit in 64 KiB, and each
 * takes memory until all in front of it are answered. The reply to the 128th says `Connection: close`. What comes after it
 * is not served, and the client may send it again (RFC 9112 §9.3.2). With another 128 the connection is closed at once.
 *
 * @param onTooMany hears of each connection that has a last request by this, with the address of its client
 */
export function boundPipelining(app: RequestListener, onTooMany: (peer: string | undefined) => void): RequestListener {
  const pipelines = new WeakMap<Socket, Pipeline>();
  return function boundPipelining(req, res) {
    // It has its socket at once: no other is in front of it.
    if (res.socket) return app(req, res);
    const { socket } = req;
    const pipeline = pipelines.get(socket) ?? { waiting: 0, ignored: undefined };
    pipelines.set(socket, pipeline);
    if (pipeline.ignored !== undefined) return ignore(pipeline, socket);
    wait(pipeline, res);
    if (pipeline.waiting === maxPipelined - 1) {
      pipeline.ignored = 0;
      res.shouldKeepAlive = false;
      onTooMany(socket.remoteAddress);
    }
    app(req, res);
  };
}

function wait(pipeline: Pipeline, res: ServerResponse): void {
  pipeline.waiting++;
  res.once('close', () => pipeline.waiting--);
}

function ignore(pipeline: Pipeline, socket: Socket): void {
  pipeline.ignored = (pipeline.ignored ?? 0) + 1;
  // Node goes on to parse what it has read.
  if (pipeline.ignored === maxPipelined) socket.destroy();
}
