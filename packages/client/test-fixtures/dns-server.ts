import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';

/** What a name has, with the time that it holds for. */
export type ZoneRecord =
  | { readonly type: 'A' | 'AAAA'; readonly ttl: number; readonly address: string }
  | {
      readonly type: 'SRV';
      readonly ttl: number;
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly name: string;
    };

const types = { A: 1, AAAA: 28, SRV: 33 };
const serverFailure = 2;
const noSuchName = 3;

/** What a name server does with a question: answer it, say nothing, say that it has failed (SERVFAIL), or wait for `answerLate`. */
export type DnsState = 'answering' | 'silent' | 'failing' | 'late';

/** A name server on loopback that answers from a zone, which may be changed, and a resolver that asks it. */
export async function dnsServer(zone: Map<string, readonly ZoneRecord[]>) {
  const questions: string[] = [];
  const states: Record<ZoneRecord['type'], DnsState> = { A: 'answering', AAAA: 'answering', SRV: 'answering' };
  /** Answers that are held back. */
  const late: (() => void)[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const end = query.indexOf(0, 12) + 1;
    const name = labels(query.subarray(12, end));
    const type = query.readUInt16BE(end);
    questions.push(name);
    const state = (['A', 'AAAA', 'SRV'] as const)
      .map((one) => (types[one] === type ? states[one] : undefined))
      .find(Boolean);
    if (state === 'silent') return;
    const records = zone.get(name);
    const isFailing = state === 'failing';
    const answers = isFailing ? [] : (records ?? []).filter((record) => types[record.type] === type).map(answer);
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(0x8180 | (isFailing ? serverFailure : records ? 0 : noSuchName), 2);
    head.writeUInt16BE(answers.length, 6);
    head.fill(0, 8, 12);
    const send = () => socket.send(Buffer.concat([head, query.subarray(12, end + 4), ...answers]), port, address);
    if (state === 'late') late.push(send);
    else send();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const resolver = new Resolver({ timeout: 1_500, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  const close = async () => {
    resolver.cancel();
    await new Promise<void>((resolve) => socket.close(resolve));
  };
  const become = (next: DnsState, ...which: readonly ZoneRecord['type'][]) => {
    for (const type of which.length > 0 ? which : (['A', 'AAAA', 'SRV'] as const)) states[type] = next;
  };
  const answerLate = () => {
    for (const send of late.splice(0)) send();
  };
  return { resolver, questions, become, answerLate, close };
}

function answer(record: ZoneRecord): Buffer {
  const data = record.type === 'SRV' ? srvData(record) : ipData(record.address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name in the question
  head.writeUInt16BE(types[record.type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(record.ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function srvData({ priority, weight, port, name }: ZoneRecord & { type: 'SRV' }): Buffer {
  const numbers = Buffer.alloc(6);
  [priority, weight, port].forEach((number, index) => {
    numbers.writeUInt16BE(number, index * 2);
  });
  const parts = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([numbers, ...parts, Buffer.from([0])]);
}

/** IPv6 in the form `fd00::1` only. */
function ipData(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => (text ? text.split(':') : []).map((group) => group.padStart(4, '0')).join('');
  const middle = '0'.repeat(32 - groups(head).length - groups(tail).length);
  return Buffer.from(groups(head) + middle + groups(tail), 'hex');
}

function labels(bytes: Buffer): string {
  const names: string[] = [];
  for (let at = 0; bytes[at]; at += (bytes[at] ?? 0) + 1)
    names.push(bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)).toString());
  return names.join('.');
}
