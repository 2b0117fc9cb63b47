import { LRUCache } from './lru.ts';
import type { StoredReply } from './stored-reply.ts';
import { isSelected } from './vary.ts';

/** Where a reply belongs. */
export interface StoreKey {
  /** Path and query: what a write invalidates. */
  readonly path: string;
  /** The path, and whatever else tells apart requests whose replies must not be mixed up. */
  readonly text: string;
}

/** Variants of one resource. Further ones replace the oldest. */
const mostVariants = 16;

/** The variants of one resource, newest first. */
class Variants {
  readonly key: StoreKey;
  readonly replies: readonly StoredReply[];
  readonly size: number;

  constructor(key: StoreKey, replies: readonly StoredReply[]) {
    this.key = key;
    this.replies = replies;
    this.size = replies.reduce((sum, { size }) => sum + size, 2 * key.text.length);
  }
}

type Index = Map<string, Set<string>>;

/**
 * Stored replies in the memory of this process, up to a number of bytes. The resource that was used least recently leaves first.
 *
 * Scope: upstream.
 */
export class MemoryStore {
  readonly #variants: LRUCache<string, Variants>;
  /** Keys of a path, and of a group: a write knows no more than these. */
  readonly #byPath: Index = new Map();
  readonly #byGroup: Index = new Map();
  readonly #maxEntryBytes: number;

  /** @param maxEntryBytes for a resource, all variants together: the oldest ones give way, and a reply that takes more alone is not stored */
  constructor({ maxBytes, maxEntryBytes }: { readonly maxBytes: number; readonly maxEntryBytes: number }) {
    this.#maxEntryBytes = Math.min(maxEntryBytes, maxBytes);
    this.#variants = new LRUCache({
      maxSize: maxBytes,
      maxEntrySize: this.#maxEntryBytes,
      sizeCalculation: ({ size }) => size,
      dispose: (variants) => this.#removeFromIndexes(variants),
    });
  }

  /** About how many bytes are stored. */
  get bytes(): number {
    return this.#variants.calculatedSize;
  }

  /** The newest variant that these request headers select. */
  find(key: string, headers: Readonly<Record<string, string>>): StoredReply | undefined {
    const replies = this.#variants.get(key)?.replies;
    if (replies === undefined) return undefined;
    for (const reply of replies) if (isSelected(reply.selection, headers)) return reply;
    return undefined;
  }

  /** Whether a reply to any request headers is stored. */
  has(key: string): boolean {
    return this.#variants.has(key);
  }

  /** Stores a reply in place of the one that the same request headers select. Whether it was stored: it may be too large, and the others stay. */
  put(key: StoreKey, reply: StoredReply, headers: Readonly<Record<string, string>>): boolean {
    const others = (this.#variants.get(key.text)?.replies ?? []).filter((one) => !isSelected(one.selection, headers));
    let variants = new Variants(key, [reply, ...others.slice(0, mostVariants - 1)]);
    while (variants.size > this.#maxEntryBytes) {
      if (variants.replies.length === 1) return false;
      variants = new Variants(key, variants.replies.slice(0, -1));
    }
    this.#variants.set(key.text, variants);
    add(this.#byPath, key.path, key.text);
    for (const { groups } of variants.replies) for (const group of groups) add(this.#byGroup, group, key.text);
    return true;
  }

  /** Removes the variant that these request headers select. */
  remove(key: StoreKey, headers: Readonly<Record<string, string>>): void {
    const variants = this.#variants.get(key.text);
    if (!variants) return;
    const others = variants.replies.filter((one) => !isSelected(one.selection, headers));
    this.#variants.delete(key.text);
    const [newest] = others;
    if (newest === undefined) return;
    const rest = new Variants(key, others);
    this.#variants.set(key.text, rest);
    add(this.#byPath, key.path, key.text);
    for (const { groups } of others) for (const group of groups) add(this.#byGroup, group, key.text);
  }

  /** Removes all variants of a path, those of all callers. */
  invalidatePath(path: string): void {
    for (const key of [...(this.#byPath.get(path) ?? [])]) this.#variants.delete(key);
  }

  /** Removes the members of a cache group (RFC 9875). */
  invalidateGroup(group: string): void {
    for (const key of [...(this.#byGroup.get(group) ?? [])]) this.#variants.delete(key);
  }

  #removeFromIndexes({ key, replies }: Variants): void {
    remove(this.#byPath, key.path, key.text);
    for (const { groups } of replies) for (const group of groups) remove(this.#byGroup, group, key.text);
  }
}

function add(index: Index, name: string, key: string): void {
  const keys = index.get(name);
  if (keys) keys.add(key);
  else index.set(name, new Set([key]));
}

function remove(index: Index, name: string, key: string): void {
  const keys = index.get(name);
  keys?.delete(key);
  if (keys?.size === 0) index.delete(name);
}
