/** Types of HTTP/2 frames (RFC 9113 §6). */
export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of HEADERS: END_HEADERS, and with it END_STREAM. */
export const endHeaders = 4;
export const endStream = 1;

/** One frame, as a client of any manners may send it. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** A number of 32 bits as a payload. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** The first bytes of a connection, by which a server knows its protocol. */
export const magic = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** What a client sends first: the magic, and SETTINGS. */
export const preface = Buffer.concat([magic, frame(frameTypes.settings, 0, 0)]);

/** The payload of HEADERS for a request, from HPACK's static table. */
export function headOf(path: string, method: 'GET' | 'POST' = 'GET', fields: Record<string, string> = {}): Buffer {
  const literal = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  const others = Object.entries(fields).map(([name, value]) =>
    Buffer.concat([Buffer.from([0]), literal(name), literal(value)]),
  );
  return Buffer.concat([
    Buffer.from([method === 'GET' ? 0x82 : 0x83, 0x86, 0x44]),
    literal(path),
    Buffer.from([0x41]),
    literal('x'),
    ...others,
  ]);
}
