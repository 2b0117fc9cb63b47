import { Readable } from 'node:stream';
import { type CallError, errorOfReply, headerNames, problemMediaType, type Story } from '@parley/contract';
import { retryAfterMs } from '../time/retry-after.ts';

/** Header values as Node gives them, names in lower case. */
export type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Where a reply came from. */
export interface ReplyOrigin {
  /** Method and path template. */
  readonly operation: string;
  readonly endpoint?: string;
  /** How many attempts the call has made when the reply arrived. */
  readonly attempts: number;
  /** The request that was answered in the end, where a redirect led to another one. */
  readonly redirected?: { readonly method: string; readonly path: string } | undefined;
}

/** What the wire brought back, whatever its status. */
export class Reply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: string | Uint8Array | Readable;
  readonly origin: ReplyOrigin;
  #error: CallError | undefined;

  constructor(status: number, headers: ReplyHeaders, body: string | Uint8Array | Readable, origin: ReplyOrigin) {
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.origin = origin;
  }

  /** The error of this reply; none below status 400. The problem is read once, however many layers ask. */
  get error(): CallError | undefined {
    if (this.status < 400) return undefined;
    this.#error ??= errorOfReply(this.status, this.#problem(), {
      ...this.origin,
      retryAfterMs: retryAfterMs(this.headers[headerNames.retryAfter]),
    });
    return this.#error;
  }

  /** The same reply, whose error has the story of its call. A copy where the error has one: single-flight shares replies. */
  withStory(story: Story): Reply {
    const { status, headers, body, origin, error } = this;
    const own = error?.story ? new Reply(status, headers, body, origin) : this;
    if (own.error) own.error.story = story;
    return own;
  }

  #problem(): unknown {
    const type = String(this.headers['content-type'] ?? '').toLowerCase();
    if (!type.startsWith(problemMediaType) || this.body instanceof Readable) return undefined;
    try {
      return JSON.parse(typeof this.body === 'string' ? this.body : Buffer.from(this.body).toString());
    } catch {
      return undefined; // a problem that cannot be read is understood by its status
    }
  }
}
