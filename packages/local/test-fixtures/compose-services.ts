import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readComposeFile } from '../src/wiring/compose-file.ts';
import type { Mapping } from '../src/wiring/mapping.ts';

/** The services of a folder whose compose file has this text. */
export function composeServices(text: string): Mapping {
  const root = mkdtempSync(join(tmpdir(), 'parley-compose-'));
  try {
    writeFileSync(join(root, 'docker-compose.yml'), text);
    return readComposeFile(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}
