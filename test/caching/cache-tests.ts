import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type CacheOptions, createUpstream, parleyFetch } from '@parley/client';
import { isCallError } from '@parley/contract';

// Runs the public suite for HTTP caches (https://github.com/http-tests/cache-tests) against `parleyFetch`, and prints what failed as
// JSON. The suite is a package on npm; it is fetched with `npm pack`, since its own dependencies (npm 6 among them) are not needed.

const suite = 'http-cache-tests@0.4.5';
const integrity = 'sha512-DjuwN9nUZXLTW+wav1LRESCZNVxl8SshwOy4z1pxuWbWt5/ay6sM9QQ1lebBaDO6P1IMBoK6mdf+PuVP/QNL8A==';

/** Tests of this version that RFC 9111 contradicts, and that later versions of the suite have turned round or no longer require. */
const superseded: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['nonnumeric', 'negative', 'float', 'prefix-twoline', 'dup-0', 'dup-0-twoline', 'dup-old'],
      ...['parameter', 'numeric-parameter'],
    ].map((name) => [
      `age-parse-${name}`,
      'an Age that is no number is ignored, and of a list the first member counts (§5.1)',
    ]),
  ),
  '304-etag-update-response-Content-MD5': 'a 304 updates all fields but those of §3.2',
  '304-etag-update-response-ETag': 'its origin sends two ETags',
  ...Object.fromEntries(
    ['must-revalidate', 'proxy-revalidate', 'no-cache', 's-maxage=2'].map((name) => [
      `stale-close-${name}`,
      'expects a reply of the origin that has closed its connection; later versions take any error',
    ]),
  ),
};

type Field = [name: string, value: string | number, isChecked?: boolean];

interface SuiteRequest {
  readonly request_headers?: readonly Field[];
  readonly response_headers?: readonly Field[];
}

interface Correction {
  readonly because: string;
  /** The fields of the first reply, or the second request, that are others. */
  readonly fields: readonly Field[];
  readonly at: 'reply' | 'request';
}

const fiveBytes: Correction = {
  because:
    'its origin sends 5 bytes as `bytes 4-9/10`, which are 6 (RFC 9110 §15.3.7.1); as `bytes 4-8/9` all that it expects holds',
  fields: [['Content-Range', 'bytes 4-8/9']],
  at: 'reply',
};

/** Tests that RFC 9110 and 9111 forbid to pass as they are. They are run a second time, with what makes their expectation right, and counted apart. */
const corrections: Readonly<Record<string, Correction>> = {
  'partial-store-partial-reuse-partial': fiveBytes,
  'partial-store-partial-reuse-partial-byterange': fiveBytes,
  'partial-store-partial-reuse-partial-absent': fiveBytes,
  'partial-store-partial-reuse-partial-suffix': fiveBytes,
  'partial-store-partial-complete': {
    because: 'its origin sends no validator, and parts without a strong one must not be combined (RFC 9110 §15.3.7.3)',
    fields: [['ETag', '"abc"']],
    at: 'reply',
  },
  'conditional-lm-fresh-no-lm': {
    because: 'it wants a 304 for a date before the `Date` of the reply, where RFC 9111 §4.3.2 has a 200',
    fields: [['If-Modified-Since', 0]],
    at: 'request',
  },
};

interface SuiteTest {
  readonly id: string;
  readonly kind?: 'required' | 'optimal' | 'check';
  readonly depends_on?: readonly string[];
  readonly browser_only?: boolean;
  readonly browser_skip?: boolean;
  readonly requests: readonly SuiteRequest[];
}

interface Suite {
  readonly tests: readonly SuiteTest[];
}

const correctedId = (id: string) => `${id}-corrected`;

/** The test as it should be: another one, beside that of the suite. */
function corrected({ requests, ...test }: SuiteTest): readonly SuiteTest[] {
  const correction = corrections[test.id];
  if (!correction) return [];
  const [first = {}, second = {}, ...others] = structuredClone(requests);
  const { fields, at } = correction;
  const changed = (before: readonly Field[] = []) => {
    const names = fields.map(([name]) => name);
    return [...before.filter(([name]) => !names.includes(name)), ...structuredClone(fields)];
  };
  const both =
    at === 'reply'
      ? [{ ...first, response_headers: changed(first.response_headers) }, second]
      : [first, { ...second, request_headers: changed(second.request_headers) }];
  return [{ ...test, id: correctedId(test.id), requests: [...both, ...others] }];
}

type Outcome = true | readonly [name: string, message: string];

/** Fetches the suite once, and checks that it is the one we know. */
function suiteFolder(): string {
  const folder = join(tmpdir(), `parley-${suite.replace('@', '-')}`);
  if (existsSync(folder)) return folder;
  const work = mkdtempSync(join(tmpdir(), 'parley-cache-tests-'));
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', suite, '--json', '--pack-destination', work], { encoding: 'utf8' }),
  );
  if (packed.integrity !== integrity) throw new Error(`${suite} is not what it was: ${packed.integrity}`);
  mkdirSync(join(work, 'suite'));
  execFileSync('tar', ['xzf', join(work, packed.filename), '-C', join(work, 'suite'), '--strip-components=1']);
  renameSync(join(work, 'suite'), folder);
  return folder;
}

const folder = suiteFolder();
const load = (path: string) => import(pathToFileURL(join(folder, path)).href);

/** The suite's own origin, without its files: a server of the handlers that its tests ask for. */
async function startOrigin(): Promise<string> {
  const names = ['config', 'test', 'state'];
  const handlers = new Map<string, (rest: string[], ...http: Parameters<RequestListener>) => void>();
  for (const name of names) handlers.set(name, (await load(`server/handle-${name}.mjs`)).default);
  const server = createServer((request, response) => {
    const [, name = '', ...rest] = new URL(request.url ?? '/', 'http://origin').pathname.split('/');
    const handle = handlers.get(name);
    if (handle) handle(rest, request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const [mode = 'private', only] = process.argv.slice(2);
const caches: Readonly<Record<string, CacheOptions>> = {
  private: {},
  'one-user': { oneUser: true },
  shared: { shared: true },
};
const isShared = mode === 'shared';
const chosenCache = caches[mode];
if (!chosenCache) throw new Error(`${mode} is none of ${Object.keys(caches).join(', ')}`);
const origin = await startOrigin();
const upstream = createUpstream('origin', origin, {
  // The suite asks what becomes of a stale reply once its origin has gone.
  cache: { ...chosenCache, staleIfUnreachableS: 3600 },
  // Failures are part of many tests, and each test counts its requests.
  maxAttempts: 1,
  attemptTimeoutMs: 10_000,
  callTimeoutMs: 10_000,
  circuitMinCalls: 1_000_000,
  circuitConsecutiveFailures: 1_000_000,
  concurrencyLimit: Number.POSITIVE_INFINITY,
});
const cachedFetch = parleyFetch(upstream);

/** The suite turns off the cache of `fetch` itself, which is not what is tested here. It expects caches that answer by HTTP: with 504 where `fetch` rejects. */
async function testedFetch(url: string, { cache, ...init }: RequestInit = {}): Promise<Response> {
  const isTest = new URL(url).pathname.startsWith('/test/');
  if (!isTest) return fetch(url, init);
  try {
    return await cachedFetch(url, cache === undefined || cache === 'no-store' ? init : { ...init, cache });
  } catch (error) {
    if (error instanceof TypeError && isCallError(error.cause, 'unavailable'))
      return new Response(null, { status: 504 });
    throw error;
  }
}

const { runTests, getResults } = await load('client/runner.mjs');
const { default: all }: { default: readonly Suite[] } = await load('tests/index.mjs');
const isChosen = ({ id }: SuiteTest) => only === undefined || id === only;
const chosen = all.map((one) => {
  const tests = one.tests.filter(isChosen);
  return { ...one, tests: [...tests, ...tests.flatMap(corrected)] };
});
const log = console.log;
if (only === undefined) console.log = () => {}; // the suite's server warns of what it does not expect
// A private cache is what the suite calls a browser's.
await runTests(chosen, testedFetch, !isShared, origin);
console.log = log;
const results: Readonly<Record<string, Outcome>> = getResults();

/** Whether a test could be judged: what it builds on works. */
function couldRun({ id, depends_on = [] }: SuiteTest): boolean {
  const outcome = results[id];
  if (outcome !== true && outcome?.[0] === 'Setup') return false;
  return depends_on.every((other) => results[other] === true);
}

const ran = all.flatMap((one) => one.tests).filter(({ id }) => results[id] !== undefined);
const tests = ran.filter(({ id }) => superseded[id] === undefined);
const kinds = { required: { passed: 0, of: 0 }, optimal: { passed: 0, of: 0 }, check: { passed: 0, of: 0 } };
const failed: string[] = [];
const unjudged: string[] = [];
for (const test of tests) {
  const { id, kind = 'required' } = test;
  const outcome = results[id];
  if (!couldRun(test)) unjudged.push(`${kind} ${id}: ${outcome === true ? 'passed' : outcome?.[1]}`);
  else {
    kinds[kind].of++;
    if (outcome === true) kinds[kind].passed++;
    else failed.push(`${kind} ${id}: ${outcome?.[1]}`);
  }
}
const second = tests.filter(({ id }) => corrections[id] !== undefined);
const failedAgain = second.flatMap(({ id }) => {
  const outcome = results[correctedId(id)];
  return outcome === true ? [] : [`${id}: ${outcome?.[1]}`];
});
const again = { passed: second.length - failedAgain.length, of: second.length, failed: failedAgain };
const output = { mode, ...kinds, failed, unjudged, corrected: { ...again, corrections }, superseded };
console.log(JSON.stringify(output, null, 2));
process.exit(0);
