import { readFile } from 'node:fs/promises';
import type { Clock } from '../time/clock.ts';
import { type Address, type Discovery, distinct } from './address.ts';
import { fileWatch } from './file-watch.ts';
import { listedAddress } from './listed-address.ts';

/**
 * Reads the addresses from a file with a JSON list, and again whenever the file changes. If it is broken or
 * empty, the last known addresses stay, and there is a warning.
 */
export class FileDiscovery implements Discovery {
  readonly #path: string;
  readonly #parse: (url: string) => Address;
  readonly #clock: Clock;
  #known: readonly Address[] = [];
  #first: Promise<readonly Address[]> | undefined;
  #onChange: (addresses: readonly Address[]) => void = () => {};
  #endWatch: (() => void) | undefined;
  #isClosed = false;

  constructor(path: string, parse: (url: string) => Address, clock: Clock) {
    this.#path = path;
    this.#parse = parse;
    this.#clock = clock;
  }

  addresses(): Promise<readonly Address[]> | readonly Address[] {
    if (this.#known.length > 0) return this.#known;
    this.#first ??= this.#read().finally(() => {
      this.#first = undefined;
    });
    return this.#first;
  }

  onChange(callback: (addresses: readonly Address[]) => void): void {
    this.#onChange = callback;
  }

  /** Nothing to do: the file is looked at every second. */
  refresh(): void {}

  close(): void {
    this.#isClosed = true;
    this.#endWatch?.();
  }

  async #read(): Promise<readonly Address[]> {
    const text = await readFile(this.#path, 'utf8').catch((error: unknown) => {
      this.#watch('');
      throw error;
    });
    this.#watch(text);
    this.#learn(this.#listed(text));
    return this.#known;
  }

  #watch(text: string): void {
    if (this.#isClosed) return;
    this.#endWatch ??= fileWatch([this.#path], [text], this.#clock, ([changed = '']) => {
      try {
        this.#learn(this.#listed(changed));
      } catch (error) {
        process.emitWarning(`${(error as Error).message}; the last known addresses stay`, 'ParleyDiscoveryWarning');
      }
    });
  }

  /** @throws TypeError that names the fault of the file */
  #listed(text: string): readonly Address[] {
    try {
      const entries: unknown = parsed(text);
      if (!Array.isArray(entries) || entries.length === 0) throw new TypeError('expected a list of URLs');
      return distinct(entries.map((entry) => listedAddress(entry, this.#parse)));
    } catch (error) {
      throw new TypeError(`cannot use ${this.#path}: ${(error as Error).message}`);
    }
  }

  #learn(addresses: readonly Address[]): void {
    if (this.#isClosed || JSON.stringify(addresses) === JSON.stringify(this.#known)) return;
    this.#known = addresses;
    this.#onChange(addresses);
  }
}

// V8's message quotes the text, in which an address may hold a password.
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TypeError('expected a list of URLs, got text that is no JSON');
  }
}
