import { freePort } from '../free-port.ts';
import { compose } from './stack.ts';
import tearDown from './tear-down.ts';

/** Builds and starts everything, on a free port. */
export default async function setUp(): Promise<void> {
  process.env.PORT = String(await freePort());
  try {
    await compose('up', '--build', '--detach', '--wait', '--wait-timeout', '300');
  } catch (error) {
    process.stderr.write(await compose('logs', '--tail', '20'));
    await tearDown();
    throw error;
  }
}
