import { createClient, createUpstream } from '@parley/client';
import { CallError, type ExplainingClient } from '@parley/contract';
import { admin } from '@parley/service/admin';
import { CliError } from '../cli-error.ts';
import type { SystemReplica } from '../systems/system.ts';
import { oneLine } from '../text/one-line.ts';

/** Tokens of the admin API, from the environment. */
export interface OperatorTokens {
  readonly ADMIN_READ_TOKEN?: string | undefined;
  readonly ADMIN_ACT_TOKEN?: string | undefined;
}

/** What an operator does: reading changes nothing. */
export type Purpose = 'read' | 'act';

/** A client of the admin API of one replica. */
export type AdminClient = ExplainingClient<typeof admin>;

const callTimeoutMs = 2_000;

/**
 * The token for a purpose: the act token allows reading too.
 *
 * @throws CliError where acting has none, before anything is asked
 */
export function tokenFor(purpose: Purpose, { ADMIN_READ_TOKEN, ADMIN_ACT_TOKEN }: OperatorTokens): string | undefined {
  if (purpose === 'read') return ADMIN_READ_TOKEN || ADMIN_ACT_TOKEN || undefined;
  if (ADMIN_ACT_TOKEN) return ADMIN_ACT_TOKEN;
  throw new CliError(
    'notAllowed',
    'expected the token for acting in ADMIN_ACT_TOKEN, found none: set ADMIN_ACT_TOKEN for the services ' +
      '(ADMIN_ACT_TOKEN=… parley start) and the same value here',
  );
}

/**
 * Asks the admin API of one replica, once and without retries.
 *
 * @throws CliError where the token is missing or wrong, the replica does not answer, or it refuses
 */
export async function askReplica<T>(
  replica: SystemReplica,
  purpose: Purpose,
  tokens: OperatorTokens,
  ask: (client: AdminClient) => Promise<T>,
): Promise<T> {
  const token = tokenFor(purpose, tokens);
  const { operators, name, isDead } = replica;
  if (isDead)
    throw new CliError('failed', `${name}: expected a running process, found none: wait until it is started again`);
  if (operators === undefined)
    throw new CliError('failed', `${name}: its operators' port is not reachable from here: name it with --admin URL`);
  const upstream = createUpstream('admin', operators, {
    maxAttempts: 1,
    callTimeoutMs,
    attemptTimeoutMs: callTimeoutMs,
  });
  upstream.interceptors.request.use((config) => {
    if (token !== undefined) config.headers.set('authorization', `Bearer ${token}`);
    return config;
  });
  try {
    return await ask(createClient(admin, upstream));
  } catch (error) {
    throw error instanceof CallError ? explained(error, replica, purpose, token !== undefined) : error;
  } finally {
    await upstream.close();
  }
}

function explained(
  error: CallError,
  { name, operators }: SystemReplica,
  purpose: Purpose,
  hasToken: boolean,
): CliError {
  const { code } = error;
  const detail = oneLine(error.detail);
  const data = { replica: name, code };
  if (code === 'unauthenticated' || code === 'permission_denied') {
    const variable = purpose === 'read' ? 'ADMIN_READ_TOKEN' : 'ADMIN_ACT_TOKEN';
    const got = hasToken ? 'got another one' : 'got none';
    const remedy = `set ${variable} here to the value that the service was started with`;
    return new CliError('notAllowed', `${name}: expected its ${variable}, ${got}: ${remedy} (it says: ${detail})`, {
      data,
    });
  }
  if (code === 'unavailable' || code === 'deadline_exceeded' || code === 'attempt_timeout') {
    return new CliError(
      'failed',
      `${name}: expected an answer from ${operators}, got none (${code}): see "parley services"`,
      { data },
    );
  }
  return new CliError('failed', `${name}: ${detail} (${code})`, { data });
}
