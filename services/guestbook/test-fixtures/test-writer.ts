// A process that adds visits to a SQLite file and prints the id of each committed visit.
// sqlite-store.system.test.ts starts some of these and kills them.
import { writeSync } from 'node:fs';
import { v7 as uuidv7 } from 'uuid';
import { openSqliteStore } from '../sqlite/sqlite-store.ts';

const [file = '', count = '1'] = process.argv.slice(2);
const store = await openSqliteStore(file);
for (let i = 0; i < Number(count); i++) {
  const id = uuidv7();
  await store.add({ id, name: `visitor ${i}`, message: 'Hello', visitedAt: new Date().toISOString() });
  writeSync(1, `${id}\n`);
}
await store.close();
