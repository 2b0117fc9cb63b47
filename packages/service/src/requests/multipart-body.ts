import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import { CallError, chunksOf, type FileType, longestFileName, safeFileName } from '@parley/contract';
import { receivedContent } from './received-content.ts';
import { ReceivedFile, UploadFolder } from './received-file.ts';
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
  /** Deletes the files that are on disk. Call it when nobody reads them any more. */
  remove(): Promise<void>;
}

/** Bytes of all headers of one part. Longer ones are no form of a browser or client. */
const maxHeaderBytes = 8192;
const maxHeaders = 20;
/** Characters of a field's name. */
const longestName = 200;

/**
 * Reads a form with files: short ones into memory, others to a temporary folder. What is beyond a limit ends the reading at once, and is left where it is. Only members
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
  const uploads = new UploadFolder();
  const read = async () => {
    const parser = parserOf(type);
    const collector = new FieldCollector(parser, { files, limits, uploads, fail: stop });
    const finished = new Promise((resolve) => parser.once('finish', resolve));
    parser.on('error', (cause) => stop(malformed('is no form, or ends before its last boundary', cause)));
    // The rest is not read: an answer need not wait for it.
    for await (const chunk of chunksOf(receivedContent(req, { type, maxBytes: limits.maxBytes }))) {
      await Promise.race([stopped.promise, written(parser, chunk)]);
    }
    parser.end();
    await Promise.race([stopped.promise, finished]);
    return collector.fields();
  };
  return { fields: Promise.race([stopped.promise, read()]), stop: () => stop(), remove: () => uploads.remove() };
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

interface Collecting {
  readonly files: ReadonlyMap<string, FileType>;
  readonly limits: MultipartLimits;
  readonly uploads: UploadFolder;
  /** Ends the reading of the form. */
  readonly fail: (error: unknown) => void;
}

type Entry = readonly [name: string, value: unknown];

/** Collects what a parser finds. */
class FieldCollector {
  readonly #collecting: Collecting;
  /** In the order of the form: a file that goes to disk is there later than the fields behind it. */
  readonly #entries: Promise<Entry | undefined>[] = [];
  readonly #counts = new Map<string, number>();
  #texts = 0;

  constructor(parser: BusboyInstance, collecting: Collecting) {
    this.#collecting = collecting;
    parser.on('file', (name, stream, fileName: string | undefined, _encoding, type) => {
      // Not every part is read to its end: an error of one that is not would end the process.
      stream.on('error', () => {});
      const entry = this.#entryOf(name, stream, fileName, type).catch((error) => {
        // An end too early is that of the whole form, which reports it.
        if (error !== stream.errored) collecting.fail(error);
        return undefined;
      });
      this.#entries.push(entry);
    });
  }

  /** All of them, once the last one has ended. */
  async fields(): Promise<Record<string, unknown>> {
    const fields: Record<string, unknown> = Object.create(null);
    for (const entry of await Promise.all(this.#entries)) {
      if (!entry) continue;
      const [name, value] = entry;
      const before = fields[name];
      if (before === undefined) fields[name] = value;
      else if (Array.isArray(before)) before.push(value);
      else fields[name] = [before, value];
    }
    return fields;
  }

  async #entryOf(
    name: string | undefined,
    stream: BusboyFileStream,
    fileName: string | undefined,
    type: string,
  ): Promise<Entry | undefined> {
    if (name === undefined) throw malformed('has a part without a name');
    if (name.length > longestName) throw malformed(`has a field whose name is longer than ${longestName} characters`);
    if (fileName === undefined) return [name, await this.#textOf(name, stream)];
    const file = await this.#fileOf(name, stream, fileName, type);
    return file && [name, file];
  }

  #countText(): void {
    this.#texts += 1;
    const { maxValues } = this.#collecting.limits;
    if (this.#texts > maxValues) throw tooLarge(`has more than ${maxValues} fields`);
  }

  async #textOf(name: string, stream: BusboyFileStream): Promise<string> {
    this.#countText();
    const parts: Buffer[] = [];
    for await (const part of stream) parts.push(part);
    const bytes = Buffer.concat(parts);
    if (!isUtf8(bytes)) throw malformed(`has a field ${name} that is not valid UTF-8`);
    return bytes.toString();
  }

  /** An HTML form sends an empty part without a file name where nobody chose a file: that is none. */
  async #fileOf(name: string, stream: BusboyFileStream, fileName: string, type: string): Promise<File | undefined> {
    const known = this.#collecting.files.get(name);
    if (!known) {
      if (fileName !== '') throw noFile(name);
      this.#countText();
      stream.resume();
      return undefined;
    }
    this.#countFile(name, known);
    if (fileName.length > longestFileName) {
      throw malformed(`has a file whose name is longer than ${longestFileName} characters`);
    }
    const { maxBytes = Number.POSITIVE_INFINITY } = known;
    const received = new ReceivedFile(this.#collecting.uploads);
    for await (const part of stream) {
      if (received.size + part.length > maxBytes)
        throw tooLarge(`has a file ${name} that is larger than ${maxBytes} bytes`);
      await received.add(part);
    }
    if (fileName === '' && received.size === 0) return undefined;
    return received.end(safeFileName(fileName) ?? '', type);
  }

  #countFile(name: string, { isList, maxFiles }: FileType): void {
    const most = isList ? (maxFiles ?? this.#collecting.limits.maxFiles) : 1;
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    if (count > most) throw tooLarge(`has more than ${most} files named ${name}`);
  }
}

function noFile(path: string): CallError {
  const issues = [{ path, message: 'takes no file' }];
  return new CallError('invalid_input', 'Input does not fit the contract', { issues });
}
