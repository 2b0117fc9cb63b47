import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ReceivedFile, UploadFolder } from './received-file.ts';

let parent: string;
let uploads: UploadFolder;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'received-file-'));
  uploads = new UploadFolder(parent);
});
afterEach(async () => {
  await uploads.remove();
  rmSync(parent, { recursive: true });
});

/** A file of that many bytes, received in parts. */
async function received(bytes: number, name = 'a.bin'): Promise<{ file: File; sent: Buffer }> {
  const sent = Buffer.from(Array.from({ length: bytes }, (_, at) => at % 251));
  const file = new ReceivedFile(uploads);
  for (let at = 0; at < bytes; at += 65_536) await file.add(Buffer.from(sent.subarray(at, at + 65_536)));
  return { file: await file.end(name, 'application/x-test'), sent };
}
const bytesOf = async (file: Blob) => Buffer.from(await file.arrayBuffer());

describe('a received file', () => {
  it.each([0, 1, 262_144])('of %d bytes stays in memory', async (bytes) => {
    const { file, sent } = await received(bytes);
    expect(readdirSync(parent)).toEqual([]);
    expect(sent.equals(await bytesOf(file))).toBe(true);
  });

  it('that is longer is a file on disk, with the same bytes, which others may not read', async () => {
    const { file, sent } = await received(262_145);
    const [folder = ''] = readdirSync(parent);
    expect(statSync(join(parent, folder)).mode & 0o777).toBe(0o700);
    expect(statSync(join(parent, folder, '0')).mode & 0o777).toBe(0o600);
    expect([file.name, file.type, file.size]).toEqual(['a.bin', 'application/x-test', 262_145]);
    expect(sent.equals(await bytesOf(file))).toBe(true);
    expect(sent.subarray(262_000).equals(await bytesOf(file.slice(262_000)))).toBe(true);
  });

  it('shares its folder with the others of its form, and goes with them', async () => {
    const files = [await received(300_000), await received(400_000)];
    expect(readdirSync(parent)).toHaveLength(1);
    for (const { file, sent } of files) expect(sent.equals(await bytesOf(file))).toBe(true);
    await uploads.remove();
    expect(readdirSync(parent)).toEqual([]);
  });

  it('is not begun once the form is given up', async () => {
    await uploads.remove();
    await expect(received(300_000)).rejects.toThrow('cannot keep a file of a form');
    await uploads.remove();
    expect(readdirSync(parent)).toEqual([]);
  });

  it('says where it cannot be written, and what to do', async () => {
    uploads = new UploadFolder(join(parent, 'missing'));
    await expect(received(300_000)).rejects.toThrow(
      `cannot keep a file of a form in ${join(parent, 'missing')} (ENOENT): set TMPDIR to a folder with room`,
    );
  });
});
