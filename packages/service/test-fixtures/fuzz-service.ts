import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { certificate } from './certificates.ts';

/** A service in a process of its own, to be sent nonsense. */
export interface FuzzService {
  readonly ports: { readonly plain: number; readonly secure: number };
  /** Heap and buffers in use, in bytes, after a collection. */
  memoryBytes(): Promise<number>;
  /** What it has logged: errors only. */
  log(): string;
  /** The exit code, or the signal that ended it. */
  stop(): Promise<number | string | null>;
}

/** Starts one. */
export async function startFuzzService(): Promise<FuzzService> {
  const { cert, key } = await certificate();
  const main = fileURLToPath(new URL('./fuzz-main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@parley/source', '--expose-gc', main], {
    env: { LOG_LEVEL: 'error', TLS_CERT: cert, TLS_KEY: key },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk;
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  const reply = async () => {
    const [message] = await Promise.race([
      once(child, 'message'),
      ended.then((how) => {
        throw new Error(`the service ended with ${how}: ${text}`);
      }),
    ]);
    return message;
  };
  const ports = await reply();
  return {
    ports,
    memoryBytes: async () => {
      child.send('measure');
      return (await reply()).bytes;
    },
    log: () => text,
    stop: () => {
      child.kill();
      return ended;
    },
  };
}
