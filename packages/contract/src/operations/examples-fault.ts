import { formatOf } from '../bodies/body-format.ts';
import { bodySchema } from '../bodies/with-body.ts';
import { type Schema, validate } from '../schemas/schema.ts';
import { isStream } from '../streams/stream.ts';
import type { Operation } from './operation.ts';

/**
 * Finds what is wrong with an operation's examples, as the end of a sentence. Undefined if each fits its schema, as far as
 * that says so at once: an asynchronous schema is not waited for.
 */
export function examplesFault({ examples, input, output }: Operation): string | undefined {
  for (const [name, example] of Object.entries(examples ?? {})) {
    if (example.input !== undefined) {
      if (!input) return `has the example ${name} with an input, but takes none`;
      const issues = issuesOf(input, example.input);
      if (issues) return `has the example ${name}, whose input does not fit: ${issues}`;
    }
    if (example.output === undefined) continue;
    if (!output) return `has the example ${name} with an output, but gives none`;
    if (isStream(output) || formatOf(bodySchema(output)) === 'bytes')
      return `has the example ${name} with an output, but gives a stream or bytes, of which there are no examples`;
    const issues = issuesOf(output, example.output);
    if (issues) return `has the example ${name}, whose output does not fit: ${issues}`;
  }
  return undefined;
}

function issuesOf(schema: Schema, value: unknown): string | undefined {
  const result = validate(schema, value);
  if (result instanceof Promise) {
    result.catch(() => {}); // not waited for: nobody would see its failure
    return undefined;
  }
  return result.issues?.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
}
