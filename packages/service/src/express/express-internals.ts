import type { Express } from 'express';

/** The internals of an Express app that matter here: not in its types. */
export interface ExpressInternals {
  /** Prototypes of its requests and responses. */
  request: object;
  response: object;
  handle(req: object, res: object, callback?: (error?: unknown) => void): void;
}

/** An app as one who looks inside sees it. */
export function internalsOf(app: Express): ExpressInternals {
  return app as unknown as ExpressInternals;
}
