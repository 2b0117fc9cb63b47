/** Members of a YAML mapping, unchecked. */
export type Mapping = Readonly<Record<string, unknown>>;

/** A value as a mapping, if it is one. */
export function mappingOf(value: unknown): Mapping | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : undefined;
}
