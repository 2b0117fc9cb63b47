/** A value as an error shows it: text in quotation marks, so that `"3"` is no 3. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
