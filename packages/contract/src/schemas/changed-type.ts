import { type JsonSchema, resolved } from './json-schema.ts';

/**
 * Finds a value that comes out of a schema with another type than goes into it, so that the other side, which puts it in
 * again, refuses it: a clause such as `at comes out as a number and goes in as a string`. Undefined where there is none; looks into
 * members and elements, not into alternatives.
 *
 * @param output wire schema of what comes out
 * @param input wire schema of what goes in
 */
export function changedType(output: JsonSchema, input: JsonSchema): string | undefined {
  return compare(output, input, [], { output, input });
}

interface Roots {
  readonly output: JsonSchema;
  readonly input: JsonSchema;
}

function compare(output: JsonSchema, input: JsonSchema, path: readonly string[], roots: Roots): string | undefined {
  // Bounded: references may lead in a circle.
  if (path.length > 8) return undefined;
  const [out, into] = [resolved(output, roots.output), resolved(input, roots.input)];
  const [given, taken] = [typesOf(out), typesOf(into)];
  if (given.length > 0 && taken.length > 0 && !given.some((type) => taken.includes(type))) {
    return `${path.join('.') || 'the whole'} comes out as ${given.join(' or ')}, and goes in as ${taken.join(' or ')}`;
  }
  const takenMembers = (into.properties ?? {}) as Record<string, JsonSchema>;
  for (const [name, member] of Object.entries((out.properties ?? {}) as Record<string, JsonSchema>)) {
    const other = Object.hasOwn(takenMembers, name) ? takenMembers[name] : undefined;
    const clause = other && compare(member, other, [...path, name], roots);
    if (clause) return clause;
  }
  return isSchema(out.items) && isSchema(into.items)
    ? compare(out.items, into.items, [...path, '*'], roots)
    : undefined;
}

/** Types in JSON: a date is a string there. Empty where the schema does not say. */
function typesOf({ type }: JsonSchema): string[] {
  return [type ?? []].flat().map((one) => (one === 'date' ? 'string' : one === 'integer' ? 'number' : String(one)));
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}
