import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An app on a port of its own. */
export async function listening(app: RequestListener) {
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { port, close };
}

/** The reply to a GET as soon as its head is there; nothing of its body is read. */
export async function headOf(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
) {
  const asked = request({ port, host: '127.0.0.1', path, agent: false, ...options });
  asked.on('error', () => {});
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

/** What is left of a reply's body. */
export async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}
