import { randomUUID } from 'node:crypto';
import { PartsSource } from '../transport/body-source.ts';

/**
 * A form as `multipart/form-data` (RFC 7578), with the names escaped as browsers do. It can be sent again.
 *
 * @param textOf makes the text that is sent of a field's. Default: with the line breaks of browsers and axios, CRLF
 */
export function multipart(
  form: FormData,
  boundary = `parley-${randomUUID()}`,
  textOf: (text: string) => string = withLineBreaks,
): [body: PartsSource, type: string] {
  const parts: (Uint8Array | Blob)[] = [];
  for (const [name, value] of form) {
    const disposition = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"`;
    if (typeof value === 'string') {
      parts.push(Buffer.from(`${disposition}\r\n\r\n${textOf(value)}\r\n`));
    } else {
      const type = (value.type || 'application/octet-stream').replace(/[\r\n]/g, '');
      parts.push(Buffer.from(`${disposition}; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`));
      parts.push(value, Buffer.from('\r\n'));
    }
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return [new PartsSource(parts), `multipart/form-data; boundary=${boundary}`];
}

function withLineBreaks(text: string): string {
  return text.replace(/\r?\n|\r/g, '\r\n');
}

function escaped(name: string): string {
  return name.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22');
}
