import { withoutControls } from '../text/without-controls.ts';
import type { Output } from './output.ts';

/** How a value is written. */
export interface ValueForm {
  /** One JSON document with the members `value` and `story`, instead of the value itself. */
  readonly isDocument?: boolean;
  readonly story?: unknown;
}

interface Bytes {
  readonly type: string;
  bytes(): Promise<Uint8Array>;
}

/**
 * Writes what a call gave: JSON, a text as it is, bytes as they are, and the items of a stream as they come, a line of JSON each.
 * Bytes that are no text go to a pipe or a file, and not to a terminal.
 */
export async function writeValue(output: Output, value: unknown, form: ValueForm = {}): Promise<void> {
  const { isDocument = false, story } = form;
  if (isIterable(value)) {
    for await (const item of value) output.jsonLine(item);
    return;
  }
  if (isBytes(value)) return writeBytes(output, value, isDocument);
  if (isDocument) return output.json({ value: value ?? null, ...(story !== undefined && { story }) });
  if (typeof value === 'string') output.line(output.isTerminal ? withoutControls(value) : value);
  else if (value !== undefined) output.json(value);
}

async function writeBytes(output: Output, content: Bytes, isDocument: boolean): Promise<void> {
  const bytes = await content.bytes();
  if (isDocument) return output.json({ value: { type: content.type, base64: Buffer.from(bytes).toString('base64') } });
  if (output.isTerminal && !/^text\/|json|xml/.test(content.type)) {
    output.remark(`${bytes.length} bytes of ${content.type}: write them to a file with > FILE`);
    return;
  }
  if (output.isTerminal) output.line(withoutControls(Buffer.from(bytes).toString()));
  else output.bytes(bytes);
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

function isBytes(value: unknown): value is Bytes {
  return typeof value === 'object' && value !== null && 'bytes' in value && typeof value.bytes === 'function';
}
