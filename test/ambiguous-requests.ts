import { type GatewayName, kindOf } from './running-gateway.ts';

/** What stands at the port that gets the bytes. */
export type Front = 'service' | GatewayName;

/** Bytes that a client sends, and the statuses of all answers to them. */
export interface AmbiguousRequest {
  readonly name: string;
  readonly bytes: string;
  readonly statuses: readonly number[];
  /** Where one of the three answers otherwise, and why it may. */
  readonly except?: readonly Exception[];
}

interface Exception {
  readonly at: Front;
  readonly statuses: readonly number[];
  readonly because: string;
}

const get = (headers = '', target = '/api/visits?limit=1') =>
  `GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`;
const withBody = (headers: string, body: string, method = 'GET') =>
  `${method} /api/visits?limit=1 HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n${body}`;
const kept = (headers = '', body = '') => `GET /api/visits?limit=1 HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;
const hostIs = (host: string) => get().replace('Host: x', `Host: ${host}`);
const visit = '{"name":"Ada"}';
const post = (headers: string, body: string) =>
  `POST /api/visits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}Connection: close\r\n\r\n${body}`;
const smuggled = 'GET /api/visits?limit=2 HTTP/1.1\r\nHost: x\r\n\r\n';
const chunked = 'Transfer-Encoding: chunked\r\n';
const size = smuggled.length.toString(16);

const at = (front: Front, statuses: readonly number[], because: string): Exception => ({
  at: front,
  statuses,
  because,
});
const nginxTakesLineFeeds = at('nginx', [200], 'nginx takes a bare LF for the end of a line, and passes on none of it');
const nginxIgnoresNames = at('nginx', [200], 'nginx ignores a header whose name is none, and does not pass it on');
const nginxKnowsNoCoding = at(
  'nginx',
  [501],
  'nginx says 501 to each coding but chunked; Node cannot read some of them',
);
const nodeKnowsCoding = at('service', [200], 'Node sees to chunked alone, and the GET has no body that anybody reads');
const servicesHost = at('service', [200], 'a service has no use for its Host: it may be any of the right characters');
const servicesPath = at('service', [404], 'a service compares the path as it is, and has no such one');
const servicesTarget = at('service', [200], 'a service has no use for the host of an absolute target');
const nodesVersion = at('nginx', [505], 'nginx reads any version; Node knows 1.0, 1.1 and 2.0');
const nginxHost = at('nginx', [200], 'nginx looks for less in a Host; the service gets it without what is odd');
const strictHost = at('nginx-1.30', [400], 'nginx 1.30 looks for ports and brackets too');
const strictChunks = at('nginx-1.30', [400], 'nginx 1.30 takes CR and LF alone for the end of a line of chunks');
const nginxConnect = 'nginx 1.30 takes a CONNECT to host and port alone for one';

/** The ways to have two servers disagree on where a request ends, or what it asks of whom. */
export const ambiguousRequests: readonly AmbiguousRequest[] = [
  // Framing.
  { name: 'a body on GET', bytes: withBody(`Content-Length: ${smuggled.length}\r\n`, smuggled), statuses: [200] },
  { name: 'a body in chunks on GET', bytes: withBody(chunked, `${size}\r\n${smuggled}\r\n0\r\n\r\n`), statuses: [200] },
  {
    name: 'a body on HEAD',
    bytes: withBody(`Content-Length: ${smuggled.length}\r\n`, smuggled, 'HEAD'),
    statuses: [200],
  },
  {
    name: 'a body on DELETE',
    bytes: withBody(`Content-Length: ${smuggled.length}\r\n`, smuggled, 'DELETE'),
    statuses: [405],
  },
  {
    name: 'Content-Length in Connection',
    bytes: `${kept(`Connection: Content-Length\r\nContent-Length: ${smuggled.length}\r\n`, smuggled)}${get()}`,
    statuses: [200, 200],
  },
  {
    name: 'Transfer-Encoding in Connection',
    bytes: `${kept(`Connection: Transfer-Encoding\r\n${chunked}`, `${size}\r\n${smuggled}\r\n0\r\n\r\n`)}${get()}`,
    statuses: [200, 200],
  },
  {
    name: 'Host, Expect and Content-Type in Connection',
    bytes: `${kept('Connection: Host, Expect, Content-Type, X-Forwarded-For\r\n')}${get()}`,
    statuses: [200, 200],
  },
  {
    name: 'Content-Length and chunks',
    bytes: withBody(`Content-Length: 5\r\n${chunked}`, '0\r\n\r\n'),
    statuses: [400],
  },
  {
    name: 'chunks and Content-Length',
    bytes: withBody(`${chunked}Content-Length: 5\r\n`, '0\r\n\r\n'),
    statuses: [400],
  },
  {
    name: 'the same Content-Length twice',
    bytes: withBody('Content-Length: 2\r\nContent-Length: 2\r\n', '{}'),
    statuses: [400],
  },
  {
    name: 'two Content-Lengths',
    bytes: withBody('Content-Length: 2\r\nContent-Length: 3\r\n', '{}x'),
    statuses: [400],
  },
  ...['2, 2', '+2', '-1', '0x2', '2 2', '', '\x0b2', '2a', '2.0', '99999999999999999999999'].map((length) => ({
    name: `the Content-Length ${JSON.stringify(length)}`,
    bytes: withBody(`Content-Length: ${length}\r\n`, '{}'),
    statuses: [400],
  })),
  {
    name: 'a Content-Length between tabs',
    bytes: withBody('Content-Length:\t2\t\r\n', '{}'),
    statuses: [200],
    except: [at('nginx', [400], 'nginx takes spaces alone for the white space that RFC 9110 allows')],
  },
  {
    name: 'a space before the colon of Content-Length',
    bytes: withBody('Content-Length : 2\r\n', '{}'),
    statuses: [400],
  },
  {
    name: 'a space before the colon of Transfer-Encoding',
    bytes: withBody('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'),
    statuses: [400],
  },
  ...['gzip, chunked', ', chunked'].map((coding) => ({
    name: `the coding ${JSON.stringify(coding)}`,
    bytes: withBody(`Transfer-Encoding: ${coding}\r\n`, '0\r\n\r\n'),
    statuses: [501],
    except: [nodeKnowsCoding],
  })),
  ...[
    'xchunked',
    'identity',
    'chunked, identity',
    'chunked, chunked',
    '"chunked"',
    'chunked;q=1',
    '',
    '\x0bchunked',
  ].map((coding) => ({
    name: `the coding ${JSON.stringify(coding)}`,
    bytes: withBody(`Transfer-Encoding: ${coding}\r\n`, '0\r\n\r\n'),
    statuses: [400],
    except: [nginxKnowsNoCoding],
  })),
  {
    name: 'Transfer-Encoding twice',
    bytes: withBody(`${chunked}${chunked}`, '0\r\n\r\n'),
    statuses: [400],
  },
  {
    name: 'another coding and then chunks',
    bytes: withBody(`Transfer-Encoding: identity\r\n${chunked}`, '0\r\n\r\n'),
    statuses: [501],
    except: [nodeKnowsCoding, at('nginx', [400], 'nginx takes the header once')],
  },
  { name: 'CHUNKED', bytes: withBody('Transfer-Encoding: CHUNKED\r\n', '0\r\n\r\n'), statuses: [200] },
  {
    name: 'chunks from a client of HTTP/1.0',
    bytes: 'GET /api/visits?limit=1 HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    statuses: [400],
    except: [at('service', [200], 'Node reads them in 1.0 too, and closes the connection after')],
  },
  ...['zz', '0x2', '+2', '-2', 'fffffffffffffffff'].map((length) => ({
    name: `a chunk of ${length} bytes`,
    bytes: withBody(chunked, `${length}\r\n{}\r\n0\r\n\r\n`),
    statuses: [400],
  })),
  { name: 'a chunk longer than it says', bytes: withBody(chunked, '1\r\n{}\r\n0\r\n\r\n'), statuses: [400] },
  { name: 'a chunk with an extension', bytes: withBody(chunked, '2;a=b\r\n{}\r\n0\r\n\r\n'), statuses: [200] },
  {
    name: 'an extension that ends in a bare line feed',
    bytes: withBody(chunked, '2;a\n{}\r\n0\r\n\r\n'),
    statuses: [400],
    except: [strictChunks, nginxTakesLineFeeds],
  },
  {
    name: 'chunks that end in bare line feeds',
    bytes: withBody(chunked, '2\n{}\n0\n\n'),
    statuses: [400],
    except: [strictChunks, nginxTakesLineFeeds],
  },
  {
    name: 'a trailer that says how important the request is',
    bytes: withBody(
      `${chunked}Trailer: X-Request-Priority\r\n`,
      '2\r\n{}\r\n0\r\nX-Request-Priority: critical\r\n\r\n',
    ),
    statuses: [200],
  },
  {
    name: 'a trailer that frames',
    bytes: withBody(chunked, '2\r\n{}\r\n0\r\nContent-Length: 5\r\n\r\n'),
    statuses: [400],
    except: [at('nginx', [200], 'nginx reads no trailer, and passes none on')],
  },
  {
    name: 'a body before another request',
    bytes: `${post(`Content-Length: ${visit.length}\r\n`, visit).replace('Connection: close\r\n', '')}${get()}`,
    statuses: [201, 200],
  },
  {
    name: 'a body longer than its Content-Length',
    bytes: post(`Content-Length: ${visit.length}\r\n`, `${visit}GARBAGE\r\n\r\n`).replace('Connection: close\r\n', ''),
    statuses: [201, 400],
  },
  { name: 'garbage behind a request', bytes: `${kept()}GARBAGE\r\n\r\n`, statuses: [200, 400] },
  { name: 'a bad request behind two', bytes: `${kept()}${kept()}${get('Host: y\r\n')}`, statuses: [200, 200, 400] },
  {
    name: 'CONNECT behind a request',
    bytes: `${kept()}CONNECT /x HTTP/1.1\r\nHost: x\r\n\r\n`,
    statuses: [200, 405],
    except: [at('nginx-1.30', [200, 400], nginxConnect)],
  },

  // Lines.
  { name: 'a folded header', bytes: get('X: a\r\n b\r\n'), statuses: [400] },
  {
    name: 'a folded Transfer-Encoding',
    bytes: withBody('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'),
    statuses: [400],
  },
  { name: 'white space before the first header', bytes: get().replace('Host', ' Host'), statuses: [400] },
  { name: 'bare line feeds', bytes: get().replaceAll('\r', ''), statuses: [400], except: [nginxTakesLineFeeds] },
  {
    name: 'a bare line feed at the end',
    bytes: get().replace('\r\n\r\n', '\r\n\n'),
    statuses: [400],
    except: [nginxTakesLineFeeds],
  },
  { name: 'a bare carriage return', bytes: get('X: a\rb\r\n'), statuses: [400] },
  ...['\0', '\x01', '\x7f'].map((character) => ({
    name: `${JSON.stringify(character)} in a header`,
    bytes: get(`X: a${character}b\r\n`),
    statuses: [400],
  })),
  ...['X@: a', 'X(: a', 'X\xe9: a', 'Xabc'].map((line) => ({
    name: `the header ${JSON.stringify(line)}`,
    bytes: get(`${line}\r\n`),
    statuses: [400],
    except: [nginxIgnoresNames],
  })),
  ...['X Y: a', ': a'].map((line) => ({
    name: `the header ${JSON.stringify(line)}`,
    bytes: get(`${line}\r\n`),
    statuses: [400],
  })),
  ...['HTTP/9.9', 'HTTP/3.0'].map((version) => ({
    name: version,
    bytes: get().replace('HTTP/1.1', version),
    statuses: [400],
    except: [nodesVersion],
  })),
  { name: 'HTTP/2.0 in a request line', bytes: get().replace('HTTP/1.1', 'HTTP/2.0'), statuses: [505] },
  { name: 'http/1.1', bytes: get().replace('HTTP/1.1', 'http/1.1'), statuses: [400] },
  {
    name: 'the end of headers',
    bytes: get(`X: ${'a'.repeat(20_000)}\r\n`),
    statuses: [431],
  },
  { name: 'too many headers', bytes: get('a:b\r\n'.repeat(2_500)), statuses: [431] },
  {
    name: 'a URL that is too long',
    bytes: get('', `/api/visits?limit=${'1'.repeat(20_000)}`),
    statuses: [431],
    except: [at('nginx', [414], 'Node has one limit for URL and headers, and does not say which was too large')],
  },

  // Hosts.
  { name: 'no Host', bytes: get().replace('Host: x\r\n', ''), statuses: [400] },
  { name: 'two Hosts', bytes: get('Host: y\r\n'), statuses: [400] },
  { name: 'the same Host twice', bytes: get('hOST: x\r\n'), statuses: [400] },
  ...['', ':80', 'a..b'].map((host) => ({
    name: `the Host ${JSON.stringify(host)}`,
    bytes: hostIs(host),
    statuses: [400],
    except: [servicesHost],
  })),
  ...['x/y', 'x y', 'x@y', 'x"', 'x<y', 'x#y', 'x?y', 'x\\y', '\xc3\xa9', 'x\ty'].map((host) => ({
    name: `the Host ${JSON.stringify(host)}`,
    bytes: hostIs(host),
    statuses: [400],
  })),
  ...['x:abc', '[::1', 'x'.repeat(300)].map((host) => ({
    name: `the Host ${JSON.stringify(host)}`,
    bytes: hostIs(host),
    statuses: [400],
    except: [...(host.length < 300 ? [strictHost] : []), nginxHost, servicesHost],
  })),
  ...['x:8080', '[::1]:80', '127.0.0.1', 'X.Example.', 'x_y'].map((host) => ({
    name: `the Host ${JSON.stringify(host)}`,
    bytes: hostIs(host),
    statuses: [200],
  })),
  { name: 'HTTP/1.0 without Host', bytes: 'GET /api/visits?limit=1 HTTP/1.0\r\n\r\n', statuses: [200] },
  {
    name: 'HTTP/1.0 with a bad Host',
    bytes: 'GET /api/visits?limit=1 HTTP/1.0\r\nHost: x/y\r\n\r\n',
    statuses: [400],
  },
  {
    name: 'HTTP/1.0 with two Hosts',
    bytes: 'GET /api/visits?limit=1 HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n',
    statuses: [400],
  },

  // Targets.
  ...['http://other', 'https://other:443', 'HTTP://other', 'ftp://other', 'http://[::1]'].map((origin) => ({
    name: `a target at ${origin}`,
    bytes: get('', `${origin}/api/visits?limit=1`),
    statuses: [200],
  })),
  {
    name: 'a target at http://me@other',
    bytes: get('', 'http://me@other/api/visits?limit=1'),
    statuses: [400],
    except: [servicesTarget],
  },
  { name: 'a target at http://', bytes: get('', 'http:///api/visits?limit=1'), statuses: [400] },
  {
    name: 'a target at a port that is none',
    bytes: get('', 'http://other:x/api/visits?limit=1'),
    statuses: [400],
  },
  { name: 'a target that is a host', bytes: get('', 'http://other'), statuses: [404] },
  { name: 'a target that is a host with a query', bytes: get('', 'http://other?/api/visits'), statuses: [404] },
  {
    name: 'an absolute target without Host',
    bytes: 'GET http://other/api/visits?limit=1 HTTP/1.1\r\nConnection: close\r\n\r\n',
    statuses: [400],
  },
  { name: 'a relative target', bytes: get('', 'api/visits'), statuses: [400] },
  { name: 'OPTIONS *', bytes: get('', '*').replace('GET', 'OPTIONS'), statuses: [400], except: [servicesPath] },
  ...['/../api/visits', '/api/visits%00', '/%zz'].map((target) => ({
    name: `the target ${target}`,
    bytes: get('', target),
    statuses: [400],
    except: [servicesPath],
  })),
  ...['/api/visits/%FF', '/api/visits/\xff', '/api/\tvisits', '/api/visits x', '/api/\x01visits'].map((target) => ({
    name: `the target ${JSON.stringify(target)}`,
    bytes: get('', target),
    statuses: [400],
  })),
  ...['//api/visits', '/api%2fvisits', '/api/visits;x', '/=problem', '/x%20/=problem'].map((target) => ({
    name: `the target ${target}`,
    bytes: get('', target),
    statuses: [404],
  })),
  // A path is passed on as it was sent: a service could find what the gateway did not look for.
  ...[
    '/x/../api/visits',
    '/api/./visits',
    '/api/visits/..;/x',
    '/api/visits/..;a=b/x',
    '/api/visits/.;/x',
    '/x/%2e%2E/api/visits',
    '/api/%2e/visits',
    '/x%2f..%2fapi/visits',
    '/x/../%20/=problem',
  ].map((target) => ({
    name: `the target ${target}`,
    bytes: get('', target),
    statuses: [400],
    except: [servicesPath],
  })),

  // Methods, and what asks for another protocol.
  { name: 'TRACE', bytes: get().replace('GET', 'TRACE'), statuses: [405] },
  {
    name: 'CONNECT',
    bytes: get().replace('GET', 'CONNECT'),
    statuses: [405],
    except: [at('nginx-1.30', [400], nginxConnect)],
  },
  {
    name: 'CONNECT to a host, with a request behind it',
    bytes: `CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n${smuggled}`,
    statuses: [405],
    except: [at('nginx-1.30', [405], nginxConnect), at('nginx', [400], 'nginx reads the target before the method')],
  },
  {
    name: 'a method that nobody knows',
    bytes: get().replace('GET', 'FROB'),
    statuses: [400],
    except: [at('nginx', [405], 'nginx knows the methods of the path, and takes any word for a method')],
  },
  { name: 'a method that the path does not have', bytes: get().replace('GET', 'PROPFIND'), statuses: [405] },
  {
    name: 'an offer to speak WebSocket, with a request behind it',
    bytes: `GET /api/visits?limit=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n${get()}`,
    statuses: [501],
    except: [at('service', [200], 'a service ignores the offer; Node drops what it has read behind it')],
  },
  {
    name: 'an offer to speak HTTP/2, with a body',
    bytes: post(`Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: ${visit.length}\r\n`, visit).replace(
      'Connection: close',
      'Connection: Upgrade, HTTP2-Settings, close',
    ),
    statuses: [201],
  },
  {
    name: 'the preface of HTTP/2',
    bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    statuses: [400],
    except: [at('service', [], 'a service speaks HTTP/2 on the same port')],
  },
  {
    name: 'Expect: 100-continue',
    bytes: post(`Expect: 100-continue\r\nContent-Length: ${visit.length}\r\n`, visit),
    statuses: [201],
  },
  { name: 'an expectation that nobody knows', bytes: get('Expect: wonders\r\n'), statuses: [200] },
  {
    name: 'Expect: 100-continue before a body that is too large',
    bytes: post('Expect: 100-continue\r\nContent-Length: 2000000\r\n', ''),
    statuses: [413],
  },
  { name: 'garbage', bytes: 'NONSENSE\r\n\r\n', statuses: [400] },
  { name: 'a TLS handshake', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', statuses: [400] },
];

type HaproxyRow = readonly [because: string, statuses: readonly number[], ...names: readonly string[]];

/** Where HAProxy answers otherwise, whatever its version, and why it may. */
const atHaproxy: readonly HaproxyRow[] = [
  [
    'HAProxy frames the request anew, by the chunks alone',
    [200],
    'Content-Length and chunks',
    'chunks and Content-Length',
  ],
  [
    'HAProxy makes one header of two that are equal, and passes one on',
    [200],
    'the same Content-Length twice',
    'the Content-Length "2, 2"',
    'the same Host twice',
  ],
  [
    'HAProxy takes a bare LF for the end of a line, and passes on none of it',
    [200],
    'bare line feeds',
    'a bare line feed at the end',
  ],
  ['HAProxy makes one line of a folded header', [200], 'a folded header', 'a folded Transfer-Encoding'],
  [
    'HAProxy says 422 to a coding that it does not know',
    [422],
    'the coding "gzip, chunked"',
    'another coding and then chunks',
  ],
  ['HAProxy takes a body without a length for one without an end', [413], 'chunks from a client of HTTP/1.0'],
  ['HAProxy knows the methods of the path, and takes any word for a method', [405], 'a method that nobody knows'],
  ['HAProxy reads the target before the method', [400], 'CONNECT'],
  ['HAProxy reads the target before the method', [200, 400], 'CONNECT behind a request'],
  ['HAProxy reads any version; Node knows 1.0, 1.1 and 2.0', [505], 'HTTP/9.9', 'HTTP/3.0'],
  [
    'HAProxy refuses a target whose host is not the Host',
    [400],
    ...['http://other', 'https://other:443', 'HTTP://other', 'ftp://other', 'http://[::1]'].map(
      (host) => `a target at ${host}`,
    ),
    'a target that is a host',
    'a target that is a host with a query',
  ],
  ['HAProxy takes more than 1000 headers for bad ones', [400], 'too many headers'],
];

/** Where one version differs from the others. */
const atVersion: Readonly<Record<'haproxy' | 'haproxy-3.2', readonly HaproxyRow[]>> = {
  haproxy: [
    [
      'HAProxy 2.6 takes a bare LF for the end of a line of chunks, and passes on none of it',
      [200],
      'an extension that ends in a bare line feed',
      'chunks that end in bare line feeds',
    ],
    ['HAProxy 2.6 says 422 to an empty coding', [422], 'the coding ", chunked"'],
    ['HAProxy 2.6 fails where an authority is empty', [500], 'a target at http://'],
    ['HAProxy 2.6 does not say what was too large', [400], 'the end of headers', 'a URL that is too long'],
  ],
  'haproxy-3.2': [
    ['HAProxy 3.2 closes the connection without an answer', [], 'two Content-Lengths'],
    ['HAProxy 3.2 takes an empty coding for a bad one', [400], 'the coding ", chunked"'],
    ['HAProxy 3.2 says which part was too large', [414], 'a URL that is too long'],
  ],
};

/** HAProxy passes these on as they come: the service has answered or not when it reads what is wrong with the end of the body. */
const lateAtHaproxy: ReadonlyMap<string, readonly number[]> = new Map([['a trailer that frames', [200]]]);

/** The statuses of all answers to a request at this place; more than one list where the pace decides. */
export function statusesAt(front: Front, { name, statuses, except }: AmbiguousRequest): readonly (readonly number[])[] {
  const exception = (place: string) => except?.find(({ at }) => at === place)?.statuses;
  if (front !== 'haproxy' && front !== 'haproxy-3.2') {
    return [exception(front) ?? (front === 'service' ? undefined : exception(kindOf(front))) ?? statuses];
  }
  const late = lateAtHaproxy.get(name);
  const row = [...atVersion[front], ...atHaproxy].find(([, , ...names]) => names.includes(name));
  return [row?.[1] ?? statuses, ...(late ? [late] : [])];
}
