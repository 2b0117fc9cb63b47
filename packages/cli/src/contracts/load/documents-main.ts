import { printDocuments } from './print-documents.ts';

// `documents-main.ts PACKAGES` as JSON: the process that imports contracts.
await printDocuments(JSON.parse(process.argv[2] ?? '[]'));
