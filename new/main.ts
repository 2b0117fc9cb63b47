import { join } from 'node:path';
import { newService } from './service.ts';

// npm run new service NAME
const [what, name = ''] = process.argv.slice(2);
try {
  if (what !== 'service') throw new Error(`expected "npm run new service NAME", got "npm run new ${what ?? ''}"`);
  const paths = await newService(join(import.meta.dirname, '..'), name);
  console.log(paths.join('\n'));
  console.log(
    `Next: npm start, then curl http://localhost:8080/api/${name}; change services/${name}/contract/contract.ts.`,
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
