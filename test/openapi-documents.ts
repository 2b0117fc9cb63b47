import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openapi } from '@parley/contract';
import { greetings } from '@parley/greetings';
import { guestbook } from '@parley/guestbook';
import { hello } from '@parley/hello';
import { files } from './files-contract.ts';

/** Bodies of every kind, with what linters want to know of a service. */
const described = { ...files, info: { ...hello.info, name: 'files' } } as typeof files;

/** The OpenAPI documents of our services, and of a contract with bodies of every kind, by name. */
export const documents = [greetings, guestbook, hello, described].map(
  (contract) => [contract.name, openapi(contract)] as const,
);

// `openapi-documents.ts FOLDER` writes them there, for linters.
const [, script, folder] = process.argv;
if (folder && script?.endsWith('openapi-documents.ts')) {
  mkdirSync(folder, { recursive: true });
  for (const [name, document] of documents)
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(document, null, 2));
}
