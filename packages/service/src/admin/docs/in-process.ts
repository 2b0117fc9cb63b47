import { createServer, type IncomingMessage, type RequestListener, request as send } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import { CallError } from '@parley/contract';
import { answerMalformedRequests } from '../../connections/malformed-requests.ts';

/** A request to a listener of this process. */
export interface InProcessRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | undefined;
  /** Address that the listener sees as its peer. */
  readonly peer: string | undefined;
  /** Cuts the connection. */
  readonly signal: AbortSignal;
}

/** What came back. */
export interface InProcessReply {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Bytes of the body, as far as they were read. */
  readonly body: Buffer;
  /** Whether there would have been more. */
  readonly isCut: boolean;
}

/** How much of a reply is read. */
export interface ReplyLimits {
  readonly maxBytes: number;
  /** Time for the body, in ms: a stream may have no end. */
  readonly bodyTimeoutMs: number;
}

/**
 * Sends one request over HTTP/1.1 to a listener of this process, on a connection that is no socket: no address is looked up
 * or connected to. So nobody can make the operators' port send a request elsewhere, and no port asks for a certificate. Limits of
 * connections and TLS do not apply.
 *
 * @throws CallError `upstream_failed` where the connection ends without a reply, `deadline_exceeded` where the signal fires before it
 */
export async function inProcess(
  listener: RequestListener,
  { method, path, headers, body, peer, signal }: InProcessRequest,
  limits: ReplyLimits,
): Promise<InProcessReply> {
  const [near, far] = duplexPair();
  const server = createServer(listener);
  answerMalformedRequests(server);
  server.emit('connection', Object.assign(far, { remoteAddress: peer }));
  const cut = () => {
    near.destroy();
    far.destroy(); // the listener sees that its caller has left
  };
  signal.addEventListener('abort', cut);
  try {
    const response = await responseOf(near, { method, path, headers: headers.flat() }, body);
    const read = await readBody(response, limits);
    return { status: response.statusCode ?? 0, headers: pairs(response.rawHeaders), ...read };
  } catch (error) {
    if (signal.aborted) throw new CallError('deadline_exceeded', 'The operation did not reply in time');
    throw new CallError('upstream_failed', 'The operation did not reply: its connection was closed', { cause: error });
  } finally {
    signal.removeEventListener('abort', cut);
    cut();
  }
}

interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** Name, value, name, value, … */
  readonly headers: string[];
}

function responseOf(near: Duplex, head: RequestHead, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Without an agent, which would open a connection of its own.
    send({ ...head, createConnection: () => near })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
}

async function readBody(
  response: IncomingMessage,
  { maxBytes, bodyTimeoutMs }: ReplyLimits,
): Promise<Pick<InProcessReply, 'body' | 'isCut'>> {
  const chunks: Buffer[] = [];
  let [length, isCut] = [0, false];
  const cut = () => {
    isCut = true;
    response.destroy();
  };
  const timer = setTimeout(cut, bodyTimeoutMs);
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) cut();
    }
  } catch {
    isCut = true; // by us, or by the service: what came before is worth showing
  } finally {
    clearTimeout(timer);
  }
  return { body: Buffer.concat(chunks).subarray(0, maxBytes), isCut };
}

function pairs(raw: readonly string[]): [name: string, value: string][] {
  return raw.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, raw[index + 1] ?? '']] : []));
}
