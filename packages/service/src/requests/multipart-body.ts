import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { CallError, chunksOf, type FileType, longestFileName, safeFileName } from '@parley/contract';
import { receivedContent } from './received-content.ts';
import { malformed, tooLarge } from './refused-body.ts';

/** How much a form with files may hold. */
export interface MultipartLimits {
  /** All of it, in bytes. */
  readonly maxBytes: number;
  /** Fields that are no files. */
  readonly maxValues: number;
  /** Files of a list that has no limit of its own. */
  readonly maxFiles: number;
}

/** The fields of a form while they arrive. */
export interface MultipartReading {
  /** By name: a text or a `File`, or a list of them where a name comes several times. */
  readonly fields: Promise<Record<string, unknown>>;
  /** Reads no further. Call it where nobody waits for the fields any more. */
  stop(): void;
}

/** Bytes of all headers of one part. Longer ones are no form of a browser or client. */
const maxHeaderBytes = 8192;
const maxHeaders = 20;
/** Characters of a field's name. */
const longestName = 200;

/**
 * Reads a form with files into memory. What is beyond a limit ends the reading at once, and is left where it is. Only members
 * that are files may be: others would fill memory for nothing.
 *
 * Rejects with CallError `body_too_large`, `malformed_body`, `invalid_input` (a file that the contract does not know), and
 * `cancelled` where the client goes away.
 *
 * @param files the members that are files
 */
export function readMultipart(
  req: IncomingMessage,
  files: ReadonlyMap<string, FileType>,
  limits: MultipartLimits,
): MultipartReading {
  const { 'content-type': type = '' } = req.headers;
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const stop = (reason: unknown = new CallError('cancelled', 'nobody waits for the form')) => stopped.reject(reason);
  const read = async () => {
    const parser = parserOf(type);
    const fields = new FieldCollector(parser, files, limits, stop).fields;
    const finished = new Promise((resolve) => parser.once('finish', resolve));
    parser.on('error', (cause) => stop(malformed('is no form, or ends before its last boundary', cause)));
    // The rest is not read: an answer need not wait for it.
    for await (const chunk of chunksOf(receivedContent(req, { type, maxBytes: limits.maxBytes }))) {
      await Promise.race([stopped.promise, written(parser, chunk)]);
    }
    parser.end();
    await Promise.race([stopped.promise, finished]);
    return fields;
  };
  return { fields: Promise.race([stopped.promise, read()]), stop: () => stop() };
}

/** Every part is a file to it: as a text, a field would lose what is no UTF-8 and its byte order mark. */
function parserOf(type: string): BusboyInstance {
  try {
    const limits = { headerSize: maxHeaderBytes, headerPairs: maxHeaders };
    return Busboy({ headers: { 'content-type': type }, limits, isPartAFile: () => true });
  } catch (cause) {
    throw malformed('has no boundary in its content type', cause);
  }
}

function written(parser: BusboyInstance, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    parser.write(chunk, (error) => (error ? reject(malformed('is no form', error)) : resolve()));
  });
}

/** Collects what a parser finds. */
class FieldCollector {
  readonly fields: Record<string, unknown> = Object.create(null);
  readonly #counts = new Map<string, number>();
  #texts = 0;
  readonly #files: ReadonlyMap<string, FileType>;
  readonly #limits: MultipartLimits;
  readonly #fail: (error: CallError) => void;

  constructor(
    parser: BusboyInstance,
    files: ReadonlyMap<string, FileType>,
    limits: MultipartLimits,
    fail: (error: CallError) => void,
  ) {
    this.#files = files;
    this.#limits = limits;
    this.#fail = fail;
    parser.on('file', (name, stream, fileName: string | undefined, _encoding, type) => {
      // Its end is that of the whole form, which reports it.
      stream.on('error', () => {});
      this.#guarded(name, () => {
        if (fileName === undefined) this.#takeText(name, stream);
        else this.#takeFile(name, stream, fileName, type);
      });
    });
  }

  #guarded(name: string | undefined, step: () => void): void {
    try {
      if (name === undefined) throw malformed('has a part without a name');
      if (name.length > longestName) throw malformed(`has a field whose name is longer than ${longestName} characters`);
      step();
    } catch (error) {
      this.#fail(error as CallError);
    }
  }

  #add(name: string, value: unknown): void {
    const before = this.fields[name];
    if (before === undefined) this.fields[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else this.fields[name] = [before, value];
  }

  #takeText(name: string, stream: BusboyFileStream): void {
    this.#texts += 1;
    const { maxValues } = this.#limits;
    if (this.#texts > maxValues) throw tooLarge(`has more than ${maxValues} fields`);
    this.#collect(name, stream, Number.POSITIVE_INFINITY, (parts) => {
      const bytes = Buffer.concat(parts);
      if (!isUtf8(bytes)) throw malformed(`has a field ${name} that is not valid UTF-8`);
      this.#add(name, bytes.toString());
    });
  }

  #takeFile(name: string, stream: BusboyFileStream, fileName: string, type: string): void {
    const known = this.#files.get(name);
    // An HTML form sends an empty part without a file name where nobody chose a file.
    if (fileName === '' && !known) return void stream.resume();
    if (!known) throw noFile(name);
    const maxFiles = known.isList ? (known.maxFiles ?? this.#limits.maxFiles) : 1;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    if (count > maxFiles) throw tooLarge(`has more than ${maxFiles} files named ${name}`);
    if (fileName.length > longestFileName) {
      throw malformed(`has a file whose name is longer than ${longestFileName} characters`);
    }
    this.#collect(name, stream, known.maxBytes ?? Number.POSITIVE_INFINITY, (parts, size) => {
      if (fileName !== '' || size > 0) this.#add(name, new File(parts, safeFileName(fileName) ?? '', { type }));
    });
  }

  #collect(
    name: string,
    stream: BusboyFileStream,
    maxBytes: number,
    onEnd: (parts: Part[], size: number) => void,
  ): void {
    const parts: Part[] = [];
    let size = 0;
    stream.on('data', (part: Part) => {
      size += part.length;
      if (size <= maxBytes) parts.push(part);
      else this.#fail(tooLarge(`has a file ${name} that is larger than ${maxBytes} bytes`));
    });
    stream.on('end', () => {
      if (size <= maxBytes) this.#guarded(name, () => onEnd(parts, size));
    });
  }
}

type Part = Buffer<ArrayBuffer>;

function noFile(path: string): CallError {
  const issues = [{ path, message: 'takes no file' }];
  return new CallError('invalid_input', 'Input does not fit the contract', { issues });
}
