import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** A request to send, and what must come back for it not to be lost. */
export interface LoadRequest {
  readonly method?: string;
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent too. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LoadOptions {
  readonly perSecond: number;
  /** The nth request. */
  readonly request: (n: number) => LoadRequest;
  /** Sees every answer that counts as a success. */
  readonly onSuccess?: (body: string) => void;
  /**
   * Sends a request that was shed (503 `overloaded`) again after its `Retry-After`, five times at most, as the SDK does.
   * For tests of failover: on a busy machine a replica that has to do the work of two refuses some, and loses none. More
   * than one in twenty count as lost.
   */
  readonly repeatsShed?: boolean;
}

export interface CallsReport {
  readonly sent: number;
  /** How often a status or an error came instead of a success: `{ 'GET /api/hello 502 upstream_failed reset_by_upstream': 1 }`. */
  readonly lost: Readonly<Record<string, number>>;
  readonly slowestMs: number;
}

export interface LoadReport extends CallsReport {
  /** How often a request was shed, and sent again: `repeatsShed`. */
  readonly shed: number;
}

/** A load that is under way. */
export interface SteadyLoad<Report = LoadReport> {
  stop(): Promise<Report>;
}

/** Sends requests at a steady rate, whatever becomes of them, as independent people would; `stop` waits for the last. */
export function startLoad(baseUrl: string, options: LoadOptions): SteadyLoad {
  const agent = new Agent({ keepAlive: true });
  let shed = 0;
  const load = startCalls(options.perSecond, async (n) => {
    const wanted = options.request(n);
    let answer = await send(agent, baseUrl, wanted);
    for (let repeats = 0; options.repeatsShed && codeOf(answer) === 'overloaded' && repeats < 5; repeats++) {
      shed++;
      await delay(1000 * answer.retryAfterSeconds);
      answer = await send(agent, baseUrl, wanted);
    }
    const { status, body } = answer;
    if (typeof status === 'number' && status < 300) {
      options.onSuccess?.(body);
      return undefined;
    }
    const cause = /(?<="cause":")\w+/.exec(body)?.[0]; // a gateway's
    const label = [wanted.method ?? 'GET', wanted.path, status, codeOf(answer), cause];
    return label.filter((part) => part !== undefined).join(' ');
  });
  return {
    async stop() {
      const report = await load.stop();
      agent.destroy();
      const lost = shed > report.sent / 20 ? { ...report.lost, 'shed too often': shed } : report.lost;
      return { ...report, lost, shed };
    },
  };
}

const codeOf = ({ body }: Answer) => /(?<=urn:parley:problem:)\w+/.exec(body)?.[0];

/**
 * What a gateway and its services answer per second when 16 requests are in flight at any time. It takes `seconds`, and
 * as long again before, in which code and connections get warm.
 */
export async function capacityOf(baseUrl: string, request: (n: number) => LoadRequest, seconds = 3): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const startMs = performance.now();
  let sent = 0;
  let answered = 0;
  const elapsedMs = () => performance.now() - startMs;
  const caller = async () => {
    while (elapsedMs() < 2000 * seconds) {
      const isWarm = elapsedMs() > 1000 * seconds;
      const { status } = await send(agent, baseUrl, request(sent++));
      if (isWarm && typeof status === 'number' && status < 300) answered++;
    }
  };
  await Promise.all(Array.from({ length: 16 }, caller));
  agent.destroy();
  return answered / seconds;
}

/** Makes calls at a steady rate; each gives nothing where it succeeds, and what became of it where it doesn't. */
export function startCalls(
  perSecond: number,
  call: (n: number) => Promise<string | undefined>,
): SteadyLoad<CallsReport> {
  const underWay = new Set<Promise<void>>();
  const lost: Record<string, number> = {};
  const startMs = performance.now();
  let sent = 0;
  let slowestMs = 0;

  const callOne = async (n: number) => {
    const sentMs = performance.now();
    const label = await call(n);
    slowestMs = Math.max(slowestMs, performance.now() - sentMs);
    if (label) lost[label] = (lost[label] ?? 0) + 1;
  };
  const callDue = () => {
    const due = Math.floor(((performance.now() - startMs) / 1000) * perSecond);
    while (sent < due) {
      const one = callOne(sent++).finally(() => underWay.delete(one));
      underWay.add(one);
    }
  };
  const timer = setInterval(callDue, 5);

  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      return { sent, lost, slowestMs: Math.round(slowestMs) };
    },
  };
}

interface Answer {
  readonly status: number | string;
  readonly body: string;
  readonly retryAfterSeconds: number;
}

/** Sends one request. Never rejects: an error's code takes the place of the status. */
function send(agent: Agent, baseUrl: string, { method = 'GET', path, body, headers: own }: LoadRequest) {
  return new Promise<Answer>((resolve) => {
    const fail = (error: NodeJS.ErrnoException) =>
      resolve({ status: error.code ?? error.message, body: '', retryAfterSeconds: 0 });
    const headers = { ...(body !== undefined && { 'content-type': 'application/json' }), ...own };
    const sending = request(baseUrl + path, { method, agent, headers, timeout: 30_000 }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      const retryAfterSeconds = Number(reply.headers['retry-after'] ?? 0);
      reply.on('error', fail).on('end', () => {
        resolve({ status: reply.statusCode ?? 'no status', body: text, retryAfterSeconds });
      });
    });
    sending.on('error', fail).on('timeout', () => sending.destroy(new Error('no answer within 30 s')));
    sending.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
