/** What a `fetch` was asked. */
export interface FetchedRequest {
  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Readonly<Record<string, string>>;
}

/** How a script answers one request. */
export type FetchStep = Response | Error | ((request: FetchedRequest) => Promise<Response>);

/** A `fetch` that answers with the next step, the last one again and again, and keeps what it got. */
export function scriptedFetch(...steps: readonly FetchStep[]) {
  const requests: FetchedRequest[] = [];
  const fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const step = steps[Math.min(requests.length, steps.length - 1)];
    const request = { url: String(input), init, headers: { ...(init.headers as Record<string, string>) } };
    requests.push(request);
    if (step instanceof Error) throw step;
    return step instanceof Response ? step.clone() : (step as Exclude<FetchStep, Response | Error>)(request);
  };
  return { fetch, requests };
}

/** Never answers; rejects when its signal fires, as `fetch` does. */
export const hangingFetch = ({ init: { signal } }: FetchedRequest): Promise<Response> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));

/** What a browser says where there is no reply. */
export const networkError = new TypeError('Failed to fetch');

/** A reply in JSON. */
export function jsonResponse(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}

/** A problem with this code, as a Parley service gives it. */
export function problemResponse(code: string, status: number, headers: Record<string, string> = {}): Response {
  const problem = { type: `urn:parley:problem:${code}`, title: code, status, detail: 'told by the server' };
  return jsonResponse(problem, status, { 'content-type': 'application/problem+json', ...headers });
}
