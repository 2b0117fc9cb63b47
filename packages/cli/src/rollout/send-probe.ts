import { hash } from 'node:crypto';
import { type Agent, type IncomingMessage, request } from 'node:http';
import { request as requestByTls } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ProbeRequest } from './probe-request.ts';

/** What a probe brought back: a status with what its body was, or what failed. */
export interface ProbeReply {
  /** Undefined where no reply came. */
  readonly status: number | undefined;
  /** SHA-256 of the body: a rollout may take hours, and remember each reply. */
  readonly digest: string;
  /** `502 upstream_failed`, `ECONNRESET`. */
  readonly label: string;
}

const timeoutMs = 30_000;

/** Sends one request, once and without retries, and never rejects. */
export async function sendProbe(
  agent: Agent,
  baseUrl: string,
  { method, path, body }: ProbeRequest,
  key: string | undefined,
): Promise<ProbeReply> {
  try {
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = {
        // Past each cache on the way: a stored reply says nothing of the service.
        'cache-control': 'no-store',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      };
      const signal = AbortSignal.timeout(timeoutMs);
      const url = new URL(path, baseUrl);
      const send = url.protocol === 'https:' ? requestByTls : request;
      send(url, { method, agent, headers, signal }).on('error', reject).on('response', resolve).end(body);
    });
    const content = await text(reply);
    const code = /urn:parley:problem:(\w+)/.exec(content)?.[1];
    const status = reply.statusCode;
    return {
      status,
      digest: hash('sha256', content),
      label: code === undefined ? String(status) : `${status} ${code}`,
    };
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    return { status: undefined, digest: '', label: code ?? name };
  }
}
