import { openAsBlob } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A file of a form up to this size, in bytes, stays in memory; a larger one goes to disk while it arrives. */
const inMemoryBytes = 262_144;

type Part = Buffer<ArrayBuffer>;

/**
 * A file of a form while it arrives. A field may come behind a file, so the handler begins when the whole form is there, and the
 * files of some hundred forms do not fit into memory.
 */
export class ReceivedFile {
  readonly #uploads: UploadFolder;
  #parts: Part[] = [];
  #size = 0;
  #stored: StoredFile | undefined;

  constructor(uploads: UploadFolder) {
    this.#uploads = uploads;
  }

  /** Bytes that have arrived. */
  get size(): number {
    return this.#size;
  }

  /** Takes the next part. @throws Error where it cannot be written to disk */
  async add(part: Part): Promise<void> {
    this.#size += part.length;
    this.#parts.push(part);
    if (!this.#stored && this.#size <= inMemoryBytes) return;
    this.#stored ??= await this.#uploads.open();
    await this.#stored.append(this.#parts);
    this.#parts = [];
  }

  /** All of it. What is on disk is read when the `File` is. */
  async end(name: string, type: string): Promise<File> {
    const parts = this.#stored ? [await this.#stored.blob(type)] : this.#parts;
    return new File(parts, name, { type });
  }
}

/** The files of one form that are on disk, in a folder of their own that no other user may read. */
export class UploadFolder {
  readonly #parent: string;
  #path: Promise<string> | undefined;
  /** Files of which some may still be on their way. */
  readonly #files: Promise<StoredFile>[] = [];
  #isRemoved = false;

  /** @param parent where its folder is made. Default: the system's temporary folder */
  constructor(parent = tmpdir()) {
    this.#parent = parent;
  }

  /** Makes a file. @throws Error where the folder takes none */
  open(): Promise<StoredFile> {
    const file = this.#open(String(this.#files.length));
    this.#files.push(file);
    return file;
  }

  /** Deletes all of them, once those on their way are there. */
  async remove(): Promise<void> {
    this.#isRemoved = true;
    for (const file of await Promise.allSettled(this.#files)) {
      if (file.status === 'fulfilled') await file.value.close();
    }
    const path = await this.#path?.catch(() => undefined);
    if (path !== undefined) await rm(path, { recursive: true, force: true });
  }

  async #open(name: string): Promise<StoredFile> {
    try {
      if (this.#isRemoved) throw new Error('the form is no longer read');
      this.#path ??= mkdtemp(join(this.#parent, `parley-form-${process.pid}-`));
      const path = join(await this.#path, name);
      return new StoredFile(path, await open(path, 'wx', 0o600));
    } catch (cause) {
      throw notWritten(this.#parent, cause);
    }
  }
}

class StoredFile {
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  async append(parts: readonly Part[]): Promise<void> {
    try {
      await this.#handle.appendFile(Buffer.concat(parts));
    } catch (cause) {
      throw notWritten(dirname(dirname(this.#path)), cause);
    }
  }

  async blob(type: string): Promise<Blob> {
    await this.close();
    return openAsBlob(this.#path, { type });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function notWritten(folder: string, cause: unknown): Error {
  const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
  return new Error(`cannot keep a file of a form in ${folder} (${code}): set TMPDIR to a folder with room`, {
    cause,
  });
}
