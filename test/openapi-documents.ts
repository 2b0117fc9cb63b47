import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openapi } from '@parley/contract';
import { greetings } from '@parley/greetings';
import { guestbook } from '@parley/guestbook';
import { hello } from '@parley/hello';

/** The OpenAPI documents of our services, by name. */
export const documents = [greetings, guestbook, hello].map((contract) => [contract.name, openapi(contract)] as const);

// `openapi-documents.ts FOLDER` writes them there, for linters.
const [, script, folder] = process.argv;
if (folder && script?.endsWith('openapi-documents.ts')) {
  mkdirSync(folder, { recursive: true });
  for (const [name, document] of documents)
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(document, null, 2));
}
