import type { ChildProcess } from 'node:child_process';

/** Of the messages between Node's cluster module and its workers. */
interface ClusterMessage {
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

type Send = (message: ClusterMessage, ...more: readonly unknown[]) => boolean;

/**
 * Gives connections to the other workers that were sent to a worker which ended before it took them. Node (24.21) waits for its answer for ever,
 * and the client with it; so this answers in its place, with the message by which a worker refuses a connection.
 */
export function passOnUntaken(worker: ChildProcess): void {
  const untaken = new Set<number>();
  const send = worker.send.bind(worker) as unknown as Send;
  const noteSent: Send = (message, ...more) => {
    if (message.act === 'newconn' && message.seq !== undefined) untaken.add(message.seq);
    return send(message, ...more);
  };
  Object.assign(worker, { send: noteSent });
  worker.on('internalMessage', ({ ack }: ClusterMessage) => {
    if (ack !== undefined) untaken.delete(ack);
  });
  const refuse = () => {
    for (const ack of untaken) worker.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false });
  };
  // Before Node's own listener, which closes what waits when no worker is left.
  worker.prependListener('disconnect', refuse).prependListener('exit', refuse);
}
