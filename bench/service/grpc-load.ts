import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { grpcPaths } from './contenders/grpc.ts';
import { Latencies } from './latencies.ts';
import type { Load } from './load.ts';
import type { Scenario } from './scenarios.ts';

/** The same for gRPC: its frames by hand over `node:http2`. That is slower than the server, so only the CPU of the server counts. */
export async function grpcLoad(port: number, scenario: Scenario, ms: number): Promise<Load> {
  const session = connect(`http://127.0.0.1:${port}`);
  await once(session, 'connect');
  const [path, query = ''] = scenario.path.split('?');
  const message = scenario.body ?? JSON.stringify(Object.fromEntries(new URLSearchParams(query)));
  const method = grpcPaths[`${scenario.method} ${path}` as keyof typeof grpcPaths];
  const latencies = new Latencies();
  const endsAt = performance.now() + ms;
  const worker = async () => {
    for (let now = performance.now(); now < endsAt; ) {
      await ask(session, method, framed(message));
      const end = performance.now();
      latencies.add(end - now);
      now = end;
    }
  };
  await Promise.all(Array.from({ length: scenario.connections }, worker));
  const { load } = latencies;
  session.destroy();
  return load;
}

/** gRPC's length-prefixed message, not compressed. */
function framed(message: string): Buffer {
  const frame = Buffer.alloc(5 + Buffer.byteLength(message));
  frame.writeUInt32BE(frame.length - 5, 1);
  frame.write(message, 5);
  return frame;
}

async function ask(session: ClientHttp2Session, path: string, message: Buffer): Promise<void> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc+json',
    te: 'trailers',
  });
  stream.resume().end(message);
  const [trailers] = await once(stream, 'trailers');
  if (trailers['grpc-status'] !== '0') throw new Error(`gRPC status ${trailers['grpc-status']}`);
}
