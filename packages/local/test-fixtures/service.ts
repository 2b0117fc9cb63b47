/** Stands in for every service in the tests of the launcher: says what it got, and misbehaves where the query asks for it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const { HOST, PORT, ADMIN_PORT, FAILS, IS_STUBBORN } = process.env;
const name = process.argv[1]?.split('/').at(-2) ?? '';
const log = (level: string, msg: string) =>
  console.log(JSON.stringify({ time: Date.now(), level, service: name, pid: process.pid, msg }));

if (FAILS === name) throw new Error('the shelf is empty');

const server = createServer(async (request, response) => {
  const { searchParams } = new URL(request.url ?? '/', 'http://here');
  const body = await bodyOf(request);
  if (searchParams.has('break')) return request.socket.destroy();
  answer(request, response, body, Number(searchParams.get('status') ?? 200));
});
const admin = createServer((request, response) => response.writeHead(request.url === '/readyz' ? 200 : 404).end());

server.keepAliveTimeout = 65_000;
server.listen(Number(PORT), HOST, () => admin.listen(Number(ADMIN_PORT), HOST, () => log('info', 'listening')));
process.on('SIGTERM', () => {
  if (IS_STUBBORN === name) return;
  log('info', 'draining');
  for (const each of [server, admin]) {
    each.close();
    each.closeIdleConnections();
  }
});

function answer(request: IncomingMessage, response: ServerResponse, body: string, status: number): void {
  const { HELLO_URL, GREETINGS_URL, DATABASE_URL, DRAIN_DELAY_MS } = process.env;
  const environment = { HELLO_URL, GREETINGS_URL, DATABASE_URL, DRAIN_DELAY_MS };
  const told = { service: name, pid: process.pid, url: request.url, headers: request.headers, environment };
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'X-Request-Id': 'of the service',
    'Endpoint-Load-Metrics': 'TEXT application_utilization=0.42',
    'Server-Timing': `${name};dur=1`,
    'X-Attempts-Left': '3',
  });
  response.end(JSON.stringify({ ...told, bodyLength: body.length }));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
