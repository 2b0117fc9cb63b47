import { posted } from './exchanges.ts';

/** One kind of request, the same for every contender. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  /** Connections, each with one request under way. */
  readonly connections: number;
  /** What a client of its kind sends along. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a service in the middle of others gets with every request. */
const headers = {
  host: 'hello:3000',
  accept: 'application/json',
  'accept-encoding': 'gzip, br',
  'x-request-id': '0af7651916cd43dd8448eb211c80319c',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

/** The scenario that the targets are set for. */
export const mainScenario = 'small-50';

/** What every contender serves. */
export const scenarios: readonly Scenario[] = [
  {
    name: mainScenario,
    title: 'small GET, 50 connections',
    method: 'GET',
    path: '/api/hello?name=Ada',
    connections: 50,
    headers,
  },
  {
    name: 'small-150',
    title: 'small GET, 150 connections',
    method: 'GET',
    path: '/api/hello?name=Ada',
    connections: 150,
    headers,
  },
  {
    name: 'list-50',
    title: '16 KiB GET, 50 connections',
    method: 'GET',
    path: '/api/items?limit=150',
    connections: 50,
    headers,
  },
  {
    name: 'post-50',
    title: 'POST 1 KiB, 50 connections',
    method: 'POST',
    path: '/api/notes',
    body: JSON.stringify(posted),
    connections: 50,
    headers: { ...headers, 'content-type': 'application/json' },
  },
];

/** The bytes of a scenario's request, HTTP/1.1. */
export function bytesOf({ method, path, headers, body }: Scenario): Buffer {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const lines = Object.entries({ ...headers, ...length }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`);
}

/** A scenario by its name. @throws TypeError where there is none of that name */
export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (!found) throw new TypeError(`no scenario ${name}`);
  return found;
}
