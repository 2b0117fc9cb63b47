import { startService } from '../running-service.ts';

/** hello and what it needs, as processes of their own. */
export interface RunningHello {
  readonly url: string;
  /** Stops both; rejects where one does not end with 0. */
  stop(): Promise<void>;
}

/** Starts greetings and hello from the repository, for callers outside. */
export async function startHello(): Promise<RunningHello> {
  const greetings = await startService('greetings');
  const hello = await startService('hello', { GREETINGS_URL: greetings.url });
  const stop = async () => {
    const codes = [await hello.stop(), await greetings.stop()];
    if (codes.some((code) => code !== 0)) throw new Error(`expected both services to end with 0, got ${codes}`);
  };
  return { url: hello.url, stop };
}
