import type { ServerResponse } from 'node:http';
import type { AdminReply } from './merged-admin.ts';
import { mergedService, mergedUpstreams } from './merged-admin.ts';
import type { WorkerProcess, WorkerRequest } from './worker-process.ts';

interface Snapshot {
  readonly kind: 'snapshot';
  readonly at: string;
  readonly service: AdminReply<'getService'>;
  readonly upstreams: AdminReply<'listUpstreams'>['upstreams'];
}

/** Bytes that a reader may leave unread. */
const maxUnreadBytes = 1_048_576;

/** Events that every worker has: one of them is enough. */
const ofAll: ReadonlySet<string> = new Set(['act', 'draining']);

/**
 * Sends the events of all workers as one stream: one snapshot, then each change. The stream is cut when a worker ends, so that its reader comes back for
 * a new snapshot. A reader that leaves more than 1 MiB unread is cut off too.
 *
 * @throws Error where a worker ends before it replies
 */
export async function mergeEvents(
  workers: readonly WorkerProcess[],
  asked: WorkerRequest,
  res: ServerResponse,
): Promise<void> {
  const replies = await Promise.all(workers.map((worker) => worker.request(asked)));
  const refused = replies.find(({ statusCode }) => statusCode !== 200);
  const [oldest] = replies;
  if (refused || !oldest) {
    for (const reply of replies) if (reply !== refused) reply.destroy();
    res.writeHead(refused?.statusCode ?? 500, refused?.headers);
    return void refused?.pipe(res);
  }
  for (const reply of replies) {
    reply.setEncoding('utf8').on('error', () => res.destroy());
    // A worker that ends its stream, or is gone: an end would look whole.
    reply.on('close', () => res.destroy());
    res.on('close', () => reply.destroy());
  }
  res.writeHead(200, oldest.headers);
  const write = (frame: string) => {
    if (res.writableLength > maxUnreadBytes) res.destroy();
    else res.write(`${frame}\n\n`);
  };
  const snapshots: Snapshot[] = [];
  const early: string[] = [];
  for (const reply of replies) {
    readFrames(reply, (frame) => {
      const event = eventOf(frame);
      if (event?.kind === 'snapshot') {
        snapshots.push(event as Snapshot);
        if (snapshots.length < replies.length) return;
        write(`data: ${JSON.stringify(merged(snapshots))}`);
        for (const held of early.splice(0)) write(held);
      } else if (reply === oldest || (event && !ofAll.has(event.kind))) {
        // A change that the snapshot of its worker lacks must not be overwritten by it.
        if (snapshots.length < replies.length) early.push(frame);
        else write(frame);
      }
    });
  }
}

function merged(snapshots: readonly Snapshot[]): Snapshot {
  return {
    ...(snapshots[0] as Snapshot),
    service: mergedService(snapshots.map(({ service }) => service)),
    upstreams: mergedUpstreams(snapshots.map(({ upstreams }) => upstreams)),
  };
}

/** Reads a stream of server-sent events, as a worker writes them. */
function readFrames(stream: NodeJS.ReadableStream, onFrame: (frame: string) => void): void {
  let rest = '';
  stream.on('data', (text: string) => {
    const frames = (rest + text).split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) onFrame(frame);
  });
}

/** The event in a frame; none in a heartbeat, and in one that tells of the stream itself. */
function eventOf(frame: string): { readonly kind: string } | undefined {
  return frame.startsWith('data: ') ? JSON.parse(frame.slice('data: '.length)) : undefined;
}
