import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** A real Redis of the tests' own, on a free loopback port, that keeps nothing on disk. */
export interface TestRedis {
  readonly port: number;
  /** Opens a connection. Commands fail once it has ended. */
  connect(): Promise<TestRedisClient>;
  remove(): Promise<void>;
}

/** Sends commands as node-redis does. */
export interface TestRedisClient {
  sendCommand(args: string[]): Promise<unknown>;
  close(): void;
}

// The sh between us and the server ends it when the pipe to us breaks: also when the tests crash.
const guard = '"$@" </dev/null & server=$!; exec 2>&-; cat; kill -KILL $server; wait $server';

/** Starts it. Resolves when it takes connections. */
export async function startRedis(...options: string[]): Promise<TestRedis> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  const command = ['redis-server', '--port', `${port}`, '--bind', '127.0.0.1', '--save', '', ...options];
  const server = spawn('sh', ['-c', guard, 'sh', ...command], { stdio: ['pipe', 'pipe', 'inherit'] });
  await readiness(server);
  return {
    port,
    connect: () => connectRedis(port),
    async remove() {
      const exited = once(server, 'exit');
      server.stdin?.end();
      await exited;
    },
  };
}

function readiness({ stdout }: ChildProcess): Promise<void> {
  if (!stdout) throw new Error('Redis was started without a log');
  return new Promise((resolve, reject) => {
    createInterface(stdout)
      .on('line', (line) => line.includes('Ready to accept connections') && resolve())
      .on('close', () => reject(new Error('Redis ended before it was ready')));
  });
}

/** Opens a connection to a Redis of this machine. */
export async function connectRedis(port: number): Promise<TestRedisClient> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const waiting: { resolve(value: unknown): void; reject(error: unknown): void }[] = [];
  readReplies(socket, (reply) => {
    const first = waiting.shift();
    if (reply instanceof Error) first?.reject(reply);
    else first?.resolve(reply);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const each of waiting.splice(0)) each.reject(new Error('Socket closed unexpectedly'));
  });
  return {
    sendCommand(args) {
      if (socket.destroyed) return Promise.reject(new Error('The client is closed'));
      const parts = args.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
      socket.write(`*${args.length}\r\n${parts.join('')}`);
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    close: () => socket.destroy(),
  };
}

/** Of the protocol (RESP2) only what our commands are answered with: no arrays. */
function readReplies(socket: Socket, onReply: (reply: unknown) => void): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const end = pending.indexOf('\r\n');
      if (end < 0) return;
      const [kind, text] = [String.fromCharCode(pending[0] as number), pending.toString('utf8', 1, end)];
      const length = kind === '$' && text !== '-1' ? Number(text) : undefined;
      const next = end + 2 + (length === undefined ? 0 : length + 2);
      if (pending.length < next) return;
      const bulk = length === undefined ? null : pending.toString('utf8', end + 2, end + 2 + length);
      pending = pending.subarray(next);
      if (kind === '-') onReply(new Error(text));
      else if (kind === ':') onReply(Number(text));
      else onReply(kind === '$' ? bulk : text);
    }
  });
}
