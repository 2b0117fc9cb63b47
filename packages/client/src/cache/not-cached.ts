import { Readable } from 'node:stream';
import { CallError, problemMediaType, problemOf } from '@parley/contract';
import type { Call } from '../layer.ts';
import { Reply } from '../transport/reply.ts';

/** The reply to `only-if-cached` where nothing is stored that fits: a 504. RFC 9111 §5.2.1.7. */
export function notCached({ label, method, replyAs }: Call): Reply {
  const error = new CallError('not_cached', 'the cache has no reply that fits (only-if-cached)', { operation: label });
  const problem = problemOf(error, undefined, undefined);
  const headers = { 'content-type': problemMediaType, 'cache-status': 'parley; detail="only-if-cached"' };
  const text = method === 'HEAD' ? '' : JSON.stringify(problem);
  return new Reply(problem.status, headers, bodyAs(replyAs, text), { operation: label, attempts: 0 });
}

function bodyAs(form: Call['replyAs'], text: string): Reply['body'] {
  if (form === 'text') return text;
  const bytes = Buffer.from(text);
  // Nobody may read the stream: its error must not end the process.
  return form === 'bytes' ? bytes : Readable.from([bytes]).on('error', () => {});
}
