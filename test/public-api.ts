import { request as httpRequest } from 'node:http';
import { describe, expect, it } from '@jest/globals';

/** JSON as a test looks at it. */
type Json = { readonly [member: string]: unknown };

/** What one request brought back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: Json;
}

/** What to send. */
export interface Question {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** Asks once, with no connection kept: through `node:http`, since `fetch` would tidy up paths and headers. */
export function ask(
  base: string,
  path: string,
  { method = 'GET', headers = {}, body }: Question = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(base, { path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== '';
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: isJson ? JSON.parse(text) : {},
        });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Posts a value as JSON. */
export function post(base: string, path: string, value: unknown): Promise<Answer> {
  return ask(base, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  });
}

/** Every error, whoever gives it: RFC 9457, with nothing in it that is nobody's business. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, type: answer.body.type }).toEqual({ status, type: `urn:parley:problem:${code}` });
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ title: expect.any(String), detail: expect.any(String), status });
  expect(answer.text).not.toMatch(/<html|node_modules|\.ts:\d|127\.0\.0\.1|\b\d+\.\d+\.\d+\.\d+:\d+|ECONN/);
}

/** What the README and the issue promise of the three services, asked through whatever stands at `base`. */
export function describePublicApi(base: () => string): void {
  const get = (path: string, headers: Record<string, string> = {}) => ask(base(), path, { headers });

  describe('hello', () => {
    it('greets by name', async () => {
      const answer = await get('/api/hello?name=Alice');
      expect(answer).toMatchObject({ status: 200, body: { message: 'Hello, Alice!' } });
      expect(Object.keys(answer.body)).toEqual(['message']);
      expect(answer.headers.degraded).toBeUndefined();
      expect(answer.headers['x-request-id']).toEqual(expect.any(String));
    });

    it('greets the world without a name', async () => {
      expect((await get('/api/hello')).body).toEqual({ message: 'Hello, World!' });
    });

    it('speaks the language that is asked for', async () => {
      expect((await get('/api/hello?name=Alice&language=fr')).body).toEqual({ message: 'Bonjour, Alice !' });
    });

    it('honours Accept-Language where no language is asked for', async () => {
      const headers = { 'accept-language': 'xx, de-CH;q=0.9, fr;q=0.8' };
      expect((await get('/api/hello?name=Alice', headers)).body).toEqual({ message: 'Hallo, Alice!' });
      expect((await get('/api/hello?language=es', headers)).body).toEqual({ message: '¡Hola, World!' });
      expect((await get('/api/hello', { 'accept-language': 'xx' })).body).toEqual({ message: 'Hello, World!' });
    });

    it('answers 404 to a language nobody knows, with those that are known', async () => {
      const answer = await get('/api/hello?language=tlh');
      expectProblem(answer, 404, 'unknown_language');
      expect(answer.body.known).toEqual(expect.arrayContaining(['en', 'fr', 'ja']));
    });

    it('hands on the request id and answers with it', async () => {
      const answer = await get('/api/hello?language=tlh', { 'x-request-id': 'my-request-1' });
      expect(answer.headers['x-request-id']).toBe('my-request-1');
      expect(answer.body.requestId).toBe('my-request-1');
    });
  });

  describe('greetings', () => {
    it('lists at least twenty languages', async () => {
      const { status, body } = await get('/api/greetings');
      const languages = (body.greetings as { language: string }[]).map(({ language }) => language);
      expect(status).toBe(200);
      expect(new Set(languages).size).toBeGreaterThanOrEqual(20);
    });

    it('gives one language', async () => {
      expect((await get('/api/greetings/fr')).body).toMatchObject({ language: 'fr', template: 'Bonjour, {name} !' });
    });

    it('answers 404 to a language it does not know', async () => {
      expectProblem(await get('/api/greetings/tlh'), 404, 'unknown_language');
    });
  });

  describe('guestbook', () => {
    it('stores a visit and gives it back', async () => {
      const posted = await post(base(), '/api/visits', { name: 'Ada', note: 'Grüße ☕' });
      expect(posted).toMatchObject({ status: 201, body: { name: 'Ada', note: 'Grüße ☕', message: 'Hello, Ada!' } });
      expect(posted.headers.location).toBe(`/api/visits/${posted.body.id}`);
      expect(Date.parse(String(posted.body.visitedAt))).not.toBeNaN();
      expect((await get(String(posted.headers.location))).body).toEqual(posted.body);
    });

    it('lists visits newest first, page by page', async () => {
      const names = ['one', 'two', 'three'];
      for (const name of names) await post(base(), '/api/visits', { name });
      const first = await get('/api/visits?limit=2');
      const second = await get(`/api/visits?limit=1&cursor=${first.body.next}`);
      const seen = [first, second].flatMap(({ body }) => body.visits as { name: string }[]).map(({ name }) => name);
      expect(seen).toEqual(['three', 'two', 'one']);
    });

    it('answers 404 to a visit that never was', async () => {
      expectProblem(await get('/api/visits/00000000-0000-7000-8000-000000000000'), 404, 'unknown_visit');
    });
  });

  describe('errors', () => {
    it('answers 400 to bad input, with every place and reason', async () => {
      const answer = await post(base(), '/api/visits', { name: '', note: 7 });
      expectProblem(answer, 400, 'invalid_input');
      const paths = (answer.body.errors as { path: string; message: string }[]).map(({ path }) => path);
      expect(paths.sort()).toEqual(['name', 'note']);
      expectProblem(await get('/api/visits?limit=none'), 400, 'invalid_input');
      expectProblem(await get('/api/visits/not-an-id'), 400, 'invalid_input');
    });

    it('answers 400 to a body that is not JSON', async () => {
      const headers = { 'content-type': 'application/json' };
      expectProblem(
        await ask(base(), '/api/visits', { method: 'POST', headers, body: '{"name"' }),
        400,
        'malformed_body',
      );
    });

    it('answers 415 to a body of another type', async () => {
      const headers = { 'content-type': 'text/plain' };
      const answer = await ask(base(), '/api/visits', { method: 'POST', headers, body: 'Ada' });
      expectProblem(answer, 415, 'unsupported_media_type');
    });

    it('answers 413 to a body that is too large', async () => {
      expectProblem(await post(base(), '/api/visits', { name: 'x'.repeat(2 * 1024 * 1024) }), 413, 'body_too_large');
    });

    it.each(['/', '/nothing', '/api', '/api/hellox', '/api/hello/x', '/livez', '/readyz', '/api/greetings/fr/x'])(
      'answers 404 to %s',
      async (path) => {
        expectProblem(await get(path), 404, 'not_found');
      },
    );

    it('answers 405 to a method that a path does not have, with those it has', async () => {
      const answer = await ask(base(), '/api/hello', { method: 'DELETE' });
      expectProblem(answer, 405, 'method_not_allowed');
      expect(String(answer.headers.allow).split(', ')).toEqual(expect.arrayContaining(['GET', 'HEAD']));
    });

    it('keeps inside how busy it is and where its time went, whoever asks', async () => {
      const asking = { 'x-request-timeout-ms': '5000', 'x-explain': '1', 'x-request-priority': 'critical' };
      const { status, headers } = await get('/api/hello', asking);
      expect(status).toBe(200);
      expect(headers).not.toHaveProperty('endpoint-load-metrics');
      expect(headers).not.toHaveProperty('server-timing');
    });

    it('gives no stack, no server version and no framework away', async () => {
      const { headers } = await get('/api/hello');
      expect(headers['x-powered-by']).toBeUndefined();
      expect(String(headers.server ?? '')).not.toMatch(/\d/);
    });
  });
}
