import type { ChildProcess } from 'node:child_process';

/** Of the messages between Node's cluster module and its workers. */
interface ClusterMessage {
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

/** A connection that was accepted and goes to a worker. */
interface Handle {
  close(): void;
}

/** Time in ms in which the answers of a worker that has ended are read to the end. */
const lastAnswersMs = 100;

type Send = (message: ClusterMessage, handle?: Handle, ...more: readonly unknown[]) => boolean;

/**
 * Closes the connection that was sent to a worker which ended before it took it. Node (24.21) waits for the worker's answer for ever, and the client
 * with it. It is one at most: Node sends the next one when the worker has taken the last.
 */
export function closeUntaken(worker: ChildProcess): void {
  const untaken = new Map<number, Handle>();
  const send = worker.send.bind(worker) as unknown as Send;
  const noteSent: Send = (message, handle, ...more) => {
    if (message.act === 'newconn' && message.seq !== undefined && handle) untaken.set(message.seq, handle);
    return send(message, handle, ...more);
  };
  Object.assign(worker, { send: noteSent });
  worker.on('internalMessage', ({ ack }: ClusterMessage) => {
    if (ack !== undefined) untaken.delete(ack);
  });
  worker.once('exit', () => {
    setTimeout(() => {
      for (const handle of untaken.values()) handle.close();
    }, lastAnswersMs);
  });
}
