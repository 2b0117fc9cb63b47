import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const service = fileURLToPath(new URL('service.ts', import.meta.url));

/** A folder like the repository: its own wiring and gateway configuration, and stand-ins for the services. */
export function createRepositoryFolder() {
  const root = mkdtempSync(join(tmpdir(), 'parley-repository-'));
  // As root, nginx's workers run as somebody else, who must be able to pass through.
  chmodSync(root, 0o755);
  cpSync(join(repository, 'docker-compose.yml'), join(root, 'docker-compose.yml'));
  cpSync(join(repository, 'nginx'), join(root, 'nginx'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  for (const name of ['greetings', 'hello', 'guestbook']) {
    mkdirSync(join(root, 'services', name), { recursive: true });
    cpSync(service, join(root, 'services', name, 'main.ts'));
  }
  return {
    root,
    write: (file: string, text: string) => writeFileSync(join(root, file), text),
    remove: (file: string) => rmSync(join(root, file), { recursive: true }),
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}
