import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A service in a process of its own, as its operators see it. */
export class StartedService {
  /** Where callers come in. */
  readonly port: number;
  /** From the start of its process until it was ready, in ms. */
  readonly wallMs: number;
  readonly #adminPort: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, { port, adminPort }: Ports, wallMs: number) {
    this.#process = process;
    this.#adminPort = adminPort;
    this.port = port;
    this.wallMs = wallMs;
  }

  /**
   * Starts a program of the repository at `root` as the launcher does, with compiled code from the start before, and waits until it is ready.
   *
   * @throws Error where it ends before
   */
  static async start(root: string, main: string, env: NodeJS.ProcessEnv = {}): Promise<StartedService> {
    const startMs = performance.now();
    const flags = ['--conditions=@parley/source', '--disable-warning=ExperimentalWarning'];
    const child = spawn(process.execPath, [...flags, main], {
      cwd: root,
      env: { ...process.env, ...serviceEnvironment(root), ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${main} ended before it was ready`)));
    const ports = await Promise.race([portsIn(child.stdout, Number(env.WORKERS ?? 1)), ended]);
    ended.catch(() => {});
    return new StartedService(child, ports, performance.now() - startMs);
  }

  /** The value of a metric without labels. */
  async sample(name: string): Promise<number> {
    const page = await (await fetch(`http://127.0.0.1:${this.#adminPort}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1]);
  }

  /** CPU time of all its threads and processes so far, in ms. */
  async cpuMs(): Promise<number> {
    return (await this.sample('process_cpu_seconds_total')) * 1000;
  }

  /** Drains it. Not killed: Node writes the compiled code at the end. */
  async stop(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await exit;
  }
}

interface Ports {
  readonly port: number;
  readonly adminPort: number;
}

function serviceEnvironment(root: string): NodeJS.ProcessEnv {
  return {
    ...{ HOST: '127.0.0.1', PORT: '0', ADMIN_PORT: '0', DRAIN_DELAY_MS: '0', NODE_ENV: 'production' },
    ...{ GREETINGS_URL: 'http://127.0.0.1:1', HELLO_URL: 'http://127.0.0.1:1', LOG_LEVEL: 'info' },
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node-compile-cache'),
  };
}

/** Waits for a line from each worker, and reads on for ever: a full pipe would stop the service. */
function portsIn(output: NodeJS.ReadableStream, workers: number): Promise<Ports> {
  const { promise, resolve } = Promise.withResolvers<Ports>();
  let listening = 0;
  createInterface({ input: output }).on('line', (line) => {
    if (!line.includes('"msg":"listening"')) return;
    listening++;
    if (listening === workers) resolve(JSON.parse(line) as Ports);
  });
  return promise;
}
