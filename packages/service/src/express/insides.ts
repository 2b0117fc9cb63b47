import type { Express } from 'express';

/** The insides of an Express app that matter here: not in its types. */
export interface Insides {
  /** Prototypes of its requests and responses. */
  request: object;
  response: object;
  handle(req: object, res: object, callback?: (error?: unknown) => void): void;
}

/** An app as one who looks inside sees it. */
export function insidesOf(app: Express): Insides {
  return app as unknown as Insides;
}
