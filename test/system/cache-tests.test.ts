import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { root } from '../source-files.ts';

// Needs the registry of npm for the first run on a machine: test/caching/cache-tests.ts fetches the suite.

interface Count {
  readonly passed: number;
  readonly of: number;
}

interface Result {
  readonly required: Count;
  readonly optimal: Count;
  readonly failed: readonly string[];
  readonly unjudged: readonly string[];
  /** Tests that contradict RFC 9110 or 9111, with what makes them right. */
  readonly corrected: Count;
}

async function run(mode: 'private' | 'one-user' | 'shared'): Promise<Result> {
  const args = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, 'test/caching/cache-tests.ts', mode], {
    cwd: root,
  });
  return JSON.parse(stdout);
}

/** The ids of required tests in a list of the runner. */
const required = (lines: readonly string[]) =>
  lines.flatMap((line) => /^required ([^:]+)/.exec(line)?.[1] ?? []).sort();

/** A coding that nobody knows: the client takes such a reply for broken, whether it has a cache or not. */
const refusedOnTheWire = ['304-etag-update-response-Content-Encoding', 'headers-store-Content-Encoding'];

describe('the public suite for HTTP caches (http-cache-tests)', () => {
  it('finds nothing that a private cache must do and this one does not, but for cookies of callers without credentials', async () => {
    const { required: must, optimal, corrected, failed, unjudged } = await run('private');
    expect(required(failed)).toEqual([...refusedOnTheWire, '304-etag-update-response-Set-Cookie'].sort());
    expect(required(unjudged)).toEqual(['headers-store-Set-Cookie']);
    expect(must.passed).toBeGreaterThanOrEqual(128);
    // Left out by decision: nine heuristics, and what callers without credentials get.
    expect(optimal.passed).toBeGreaterThanOrEqual(52);
    expect(corrected).toMatchObject({ passed: 5, of: 5 });
  }, 180_000);

  it('finds nothing at all that the cache of one user must do and this one does not', async () => {
    const { required: must, optimal, corrected, failed, unjudged } = await run('one-user');
    expect(required(failed)).toEqual(refusedOnTheWire);
    expect(required(unjudged)).toEqual([]);
    expect(must.passed).toBeGreaterThanOrEqual(130);
    expect(optimal.passed).toBeGreaterThanOrEqual(54);
    expect(corrected).toMatchObject({ passed: 5, of: 5 });
  }, 180_000);

  it('finds nothing that a shared cache must do and this one does not, but for cookies, which are for one caller', async () => {
    const { required: must, optimal, corrected, failed, unjudged } = await run('shared');
    expect(required(failed)).toEqual([...refusedOnTheWire, '304-etag-update-response-Set-Cookie'].sort());
    expect(required(unjudged)).toEqual(['headers-store-Set-Cookie']);
    expect(must.passed).toBeGreaterThanOrEqual(138);
    expect(optimal.passed).toBeGreaterThanOrEqual(70);
    expect(corrected).toMatchObject({ passed: 6, of: 6 });
  }, 180_000);
});
