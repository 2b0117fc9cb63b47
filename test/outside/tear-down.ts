import { rm } from 'node:fs/promises';
import { outside } from './outside.ts';

/** Leaves nothing behind. */
export default async function tearDown(): Promise<void> {
  await rm(outside().folder, { recursive: true, force: true });
}
