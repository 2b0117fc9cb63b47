import type { Socket } from 'node:net';

type OnWritten = (error?: Error | null) => void;

const onWritten = Symbol('onWritten');

interface PatientSocket extends Socket {
  /** Node hands the same callback to each write of a socket: one for all of them. */
  [onWritten]?: OnWritten;
}

/** Codes of a write to a connection that the server has closed. */
const closedCodes = new Set(['EPIPE', 'ECONNRESET', 'ECONNABORTED']);

/** How long the reading side has to find out, in ms: what it reads is in the kernel already. */
const patienceMs = 1_000;

/**
 * Lets a socket read what has come before it fails with a write. A server that refuses a body answers, and closes the
 * connection while the client is still sending: Node would end the socket at the write, with the answer unread. For
 * HTTP/1.1; over HTTP/2 Node reads on.
 */
export function readReplyBeforeReset(socket: Socket): void {
  socket._write = write;
  socket._writev = writev;
}

// Functions that all sockets share.
const standardOf = (socket: PatientSocket): Socket => Object.getPrototypeOf(socket);

function write(this: PatientSocket, chunk: unknown, encoding: BufferEncoding, callback: OnWritten): void {
  this[onWritten] ??= patient(this, callback);
  standardOf(this)._write.call(this, chunk, encoding, this[onWritten]);
}

function writev(this: PatientSocket, chunks: { chunk: unknown; encoding: BufferEncoding }[], callback: OnWritten) {
  this[onWritten] ??= patient(this, callback);
  standardOf(this)._writev?.call(this, chunks, this[onWritten]);
}

function patient(socket: Socket, callback: OnWritten): OnWritten {
  return (error) => {
    if (!error || socket.readableEnded || !closedCodes.has((error as NodeJS.ErrnoException).code ?? '')) {
      callback(error);
      return;
    }
    const timer = setTimeout(callback, patienceMs, error);
    socket.once('close', () => clearTimeout(timer));
  };
}
