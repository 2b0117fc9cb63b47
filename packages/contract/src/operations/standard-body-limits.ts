/** What the body of a request may hold in a service that has no options for it, by an operation without `bodyLimits`. */
export const standardBodyLimits = {
  /** Files come on top, where the schema says how large they are. */
  maxBytes: 131_072,
  maxValues: 1000,
  maxDepth: 100,
  maxFiles: 10,
} as const;
