/** Members of a YAML mapping, unchecked. */
export type Mapping = Readonly<Record<string, unknown>>;

/** A value as a mapping, if it is one. YAML's sets (`!!set`) and ordered maps (`!!omap`) are none: they have no members by name. */
export function mappingOf(value: unknown): Mapping | undefined {
  const isPlain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? (value as Mapping) : undefined;
}
