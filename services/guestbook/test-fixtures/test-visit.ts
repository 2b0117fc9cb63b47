import { v7 as uuidv7 } from 'uuid';
import type { Visit } from '../visit.ts';

/** A visit for a test, newer than the ones made before. */
export function someVisit(members: Partial<Visit> = {}): Visit {
  return { id: uuidv7(), name: 'Ada', message: 'Hello Ada', visitedAt: new Date().toISOString(), ...members };
}
