import { type Operation, validate } from '@parley/contract';

/** What a handler gave (the whole output, or one item of a stream), as it comes out of the schema. @throws Error where it doesn't fit */
export async function validOutput(operation: Operation, output: unknown): Promise<unknown> {
  if (!operation.output) return undefined;
  const result = await validate(operation.output, output);
  if (!('issues' in result)) return result.value;
  // Paths only: a validator's message may quote the value.
  const paths = result.issues.map(({ path }) => path || '(whole)').join(', ');
  throw new Error(`output of ${operation.label} does not fit the contract at: ${paths}`);
}
