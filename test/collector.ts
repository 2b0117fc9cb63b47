import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { BinaryReader } from '@bufbuild/protobuf/wire';

/** One span as a collector gets it. */
export interface CollectedSpan {
  readonly service: string;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: 'INTERNAL' | 'SERVER' | 'CLIENT' | 'OTHER';
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
}

/** One value of a metric as a collector gets it. */
export interface CollectedPoint {
  readonly service: string;
  readonly name: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'counter' | 'histogram';
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly startMs: number;
  readonly atMs: number;
  /** Of a gauge or a counter; of a histogram the sum. */
  readonly value: number;
  /** Of a histogram: how many, of each bucket alone, and their upper bounds. */
  readonly count?: number;
  readonly counts?: readonly number[];
  readonly bounds?: readonly number[];
}

/** Stands in for a collector: takes OTLP over HTTP with protobuf. */
export interface Collector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** Each push of metrics. */
  readonly pushes: readonly (readonly CollectedPoint[])[];
  /** Requests that were answered with another status than 200. */
  readonly refused: number;
  /** All bytes that came, as text: to show what is not in them. */
  readonly text: () => string;
  /** Answers the next requests with this status. */
  answerWith(status: number): void;
  close(): Promise<void>;
}

/** Starts a collector on a free port. */
export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const pushes: (readonly CollectedPoint[])[] = [];
  const bodies: Buffer[] = [];
  let status = 200;
  let refused = 0;
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (status !== 200) refused++;
    else {
      bodies.push(body);
      if (request.url === '/v1/metrics') pushes.push(readMetrics(body));
      else spans.push(...readRequest(body));
    }
    response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    pushes,
    get refused() {
      return refused;
    },
    text: () => Buffer.concat(bodies).toString('latin1'),
    answerWith(next) {
      status = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const body = await buffer(request);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

type Read = (reader: BinaryReader, field: number, end: number) => void;

/** Reads the fields of one message; what the callback does not read is skipped. */
function readFields(reader: BinaryReader, length: number, read: Read): void {
  const end = reader.pos + length;
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    const before = reader.pos;
    read(reader, field, end);
    if (reader.pos === before) reader.skip(wireType, field);
  }
}

function nested(reader: BinaryReader, read: Read): void {
  readFields(reader, reader.uint32(), read);
}

function readRequest(body: Buffer): CollectedSpan[] {
  const spans: CollectedSpan[] = [];
  readFields(new BinaryReader(body), body.length, (reader, field) => {
    if (field === 1) nested(reader, readResourceSpans(spans));
  });
  return spans;
}

function readResourceSpans(spans: CollectedSpan[]): Read {
  const resource: Record<string, unknown> = {};
  return (reader, field) => {
    if (field === 1) nested(reader, (inner, part) => part === 1 && readAttribute(inner, resource));
    if (field === 2) nested(reader, (inner, part) => part === 2 && spans.push(readSpan(inner, resource)));
  };
}

const kinds = ['OTHER', 'INTERNAL', 'SERVER', 'CLIENT'] as const;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const milliseconds = (nanoseconds: bigint | string) => Number(nanoseconds) / 1e6;

function readSpan(reader: BinaryReader, resource: Record<string, unknown>): CollectedSpan {
  const attributes: Record<string, unknown> = {};
  const span: Record<string, unknown> = { parentSpanId: '', traceState: '', isError: false };
  nested(reader, (inner, field) => {
    if (field === 1) span.traceId = hex(inner.bytes());
    if (field === 2) span.spanId = hex(inner.bytes());
    if (field === 3) span.traceState = inner.string();
    if (field === 4) span.parentSpanId = hex(inner.bytes());
    if (field === 5) span.name = inner.string();
    if (field === 6) span.kind = kinds[inner.int32()] ?? 'OTHER';
    if (field === 7) span.startMs = milliseconds(inner.fixed64());
    if (field === 8) span.endMs = milliseconds(inner.fixed64());
    if (field === 9) readAttribute(inner, attributes);
    if (field === 15) {
      nested(inner, (status, part) => {
        if (part === 3) span.isError = status.int32() === 2;
      });
    }
  });
  return { ...span, attributes, resource, service: String(resource['service.name']) } as CollectedSpan;
}

function readMetrics(body: Buffer): CollectedPoint[] {
  const points: CollectedPoint[] = [];
  readFields(new BinaryReader(body), body.length, (reader, field) => {
    if (field !== 1) return;
    const resource: Record<string, unknown> = {};
    nested(reader, (inner, part) => {
      if (part === 1) nested(inner, (one, of) => of === 1 && readAttribute(one, resource));
      if (part === 2) nested(inner, (one, of) => of === 2 && points.push(...readMetric(one, resource)));
    });
  });
  return points;
}

const kindOfField = { 5: 'gauge', 7: 'counter', 9: 'histogram' } as const;

function readMetric(reader: BinaryReader, resource: Record<string, unknown>): CollectedPoint[] {
  let [name, unit] = ['', ''];
  const points: Record<string, unknown>[] = [];
  nested(reader, (inner, field) => {
    if (field === 1) name = inner.string();
    if (field === 3) unit = inner.string();
    const kind = kindOfField[field as keyof typeof kindOfField];
    if (kind) nested(inner, (data, part) => part === 1 && points.push({ kind, ...readPoint(data, kind) }));
  });
  return points.map((point) => ({ ...point, name, unit, service: String(resource['service.name']) }) as CollectedPoint);
}

function readPoint(reader: BinaryReader, kind: CollectedPoint['kind']): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  const point: Record<string, unknown> = { attributes };
  const packed = (inner: BinaryReader, read: () => number): number[] => {
    const end = inner.uint32() + inner.pos;
    const all: number[] = [];
    while (inner.pos < end) all.push(read());
    return all;
  };
  nested(reader, (inner, field) => {
    if (field === 2) point.startMs = milliseconds(inner.fixed64());
    if (field === 3) point.atMs = milliseconds(inner.fixed64());
    if (kind !== 'histogram') {
      if (field === 4) point.value = inner.double();
      if (field === 7) readAttribute(inner, attributes);
      return;
    }
    if (field === 4) point.count = Number(inner.fixed64());
    if (field === 5) point.value = inner.double();
    if (field === 6) point.counts = packed(inner, () => Number(inner.fixed64()));
    if (field === 7) point.bounds = packed(inner, () => inner.double());
    if (field === 9) readAttribute(inner, attributes);
  });
  return point;
}

function readAttribute(reader: BinaryReader, attributes: Record<string, unknown>): void {
  let key = '';
  nested(reader, (inner, field) => {
    if (field === 1) key = inner.string();
    if (field === 2) {
      nested(inner, (value, type) => {
        if (type === 1) attributes[key] = value.string();
        if (type === 2) attributes[key] = value.bool();
        if (type === 3) attributes[key] = Number(value.int64());
        if (type === 4) attributes[key] = value.double();
      });
    }
  });
}
