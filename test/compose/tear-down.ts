import { compose } from './stack.ts';

/** Leaves nothing behind but the images. */
export default async function tearDown(): Promise<void> {
  await compose('down', '--volumes', '--timeout', '1');
}
