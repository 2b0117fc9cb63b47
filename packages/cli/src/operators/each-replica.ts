import { CliError } from '../cli-error.ts';
import type { SystemReplica } from '../systems/system.ts';
import type { Output } from '../terminal/output.ts';
import type { AdminClient, OperatorTokens } from './operator.ts';

/** What replicas answered, and why the others did not. */
export interface Gathered<T> {
  /** In the order of the replicas. */
  readonly answers: readonly { readonly replica: SystemReplica; readonly answer: T }[];
  readonly failures: readonly CliError[];
}

type Ask<T> = (client: AdminClient, replica: SystemReplica) => Promise<T>;

/**
 * Reads from every replica, all at once.
 *
 * @throws CliError the first failure, where no replica answers
 */
export async function askEach<T>(
  replicas: readonly SystemReplica[],
  tokens: OperatorTokens,
  ask: Ask<T>,
): Promise<Gathered<T>> {
  const { askReplica } = await import('./operator.ts');
  const settled = replicas.map((replica) =>
    orFailure(askReplica(replica, 'read', tokens, (client) => ask(client, replica))),
  );
  return gathered(replicas, await Promise.all(settled));
}

/**
 * Acts on every replica, one after the other: what hurts shows at the first one.
 *
 * @throws CliError the first failure, where no replica acts
 */
export async function actOnEach<T>(
  replicas: readonly SystemReplica[],
  tokens: OperatorTokens,
  act: Ask<T>,
): Promise<Gathered<T>> {
  const { askReplica } = await import('./operator.ts');
  const settled: (Answer<T> | CliError)[] = [];
  for (const replica of replicas) {
    settled.push(await orFailure(askReplica(replica, 'act', tokens, (client) => act(client, replica))));
  }
  return gathered(replicas, settled);
}

/**
 * Says which replicas did not answer, or did not act, and why. To be called after the answers are written.
 *
 * @throws CliError where there is a failure: with exit code 1 for an act, and with the code of the failure for a reading
 */
export function reportFailures({ answers, failures }: Gathered<unknown>, did: 'answer' | 'act', output: Output): void {
  const [first] = failures;
  if (first === undefined) return;
  for (const { message } of failures) output.remark(message);
  const all = failures.length + answers.length;
  throw new CliError(did === 'act' ? 'failed' : first.exit, `${failures.length} of ${all} replicas did not ${did}`, {
    isDocumented: true,
  });
}

interface Answer<T> {
  readonly answer: T;
}

async function orFailure<T>(asked: Promise<T>): Promise<Answer<T> | CliError> {
  try {
    return { answer: await asked };
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
}

function gathered<T>(replicas: readonly SystemReplica[], settled: readonly (Answer<T> | CliError)[]): Gathered<T> {
  const failures = settled.filter((one) => one instanceof CliError);
  const answers = replicas.flatMap((replica, at) => {
    const one = settled[at];
    return one === undefined || one instanceof CliError ? [] : [{ replica, answer: one.answer }];
  });
  if (answers.length === 0 && failures[0]) throw failures[0];
  return { answers, failures };
}
