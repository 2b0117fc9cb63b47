const magicOfFrame = 0xfd2f_b528;
const magicOfSkippable = 0x184d_2a50;
const bytesOfDictionaryId = [0, 1, 2, 4] as const;
const bytesOfContentSize = [0, 2, 4, 8] as const;

/**
 * Follows the frames of a zstd body (RFC 8878 §3.1) without decoding them, to tell whether the body ends where a frame does. zlib
 * of Node 22 takes a frame that is cut for a whole one, and of Node 26 the last of several.
 */
export class ZstdFrames {
  /** Bytes that are left of content. */
  #skip = 0;
  /** What has come of the field that is next, and its length. */
  #field: number[] = [];
  #length = 4;
  #read: (field: number) => void = this.#magic;
  #hasChecksum = false;

  /** Whether the bytes so far are whole frames. */
  get areWhole(): boolean {
    return this.#read === this.#magic && this.#field.length === 0 && this.#skip === 0;
  }

  /** Takes the next bytes of the body. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const skipped = Math.min(this.#skip, bytes.length - at);
      this.#skip -= skipped;
      at += skipped;
      if (at === bytes.length) return;
      this.#field.push(bytes[at++] as number);
      if (this.#field.length < this.#length) continue;
      const field = this.#field.reduceRight((high, byte) => high * 256 + byte, 0);
      this.#field = [];
      this.#read(field);
    }
  }

  #next(length: number, read: (field: number) => void): void {
    this.#length = length;
    this.#read = read;
  }

  #magic(magic: number): void {
    if (magic === magicOfFrame) this.#next(1, this.#descriptor);
    else if (magic >= magicOfSkippable && magic < magicOfSkippable + 16) this.#next(4, this.#skippable);
    else this.#skip = Number.POSITIVE_INFINITY; // the decoder refuses it
  }

  #skippable(length: number): void {
    this.#skip = length;
    this.#next(4, this.#magic);
  }

  #descriptor(flags: number): void {
    const [hasWindow, contentSize] = [(flags & 0x20) === 0, flags >> 6];
    const ofSize = contentSize === 0 && !hasWindow ? 1 : (bytesOfContentSize[contentSize] as number);
    this.#skip = Number(hasWindow) + (bytesOfDictionaryId[flags & 3] as number) + ofSize;
    this.#hasChecksum = (flags & 4) !== 0;
    this.#next(3, this.#block);
  }

  #block(header: number): void {
    const [isLast, isRepeatedByte, size] = [(header & 1) === 1, ((header >> 1) & 3) === 1, header >>> 3];
    this.#skip = isRepeatedByte ? 1 : size;
    if (!isLast) return;
    if (this.#hasChecksum) this.#skip += 4;
    this.#next(4, this.#magic);
  }
}
