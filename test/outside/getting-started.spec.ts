import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { root } from '../source-files.ts';
import { type LaunchedElsewhere, launchElsewhere } from './launched-elsewhere.ts';
import { outside, run } from './outside.ts';

/** The code of a page, block by block. */
const blocks = async (path: string) =>
  [...(await readFile(join(root, path), 'utf8')).matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, kind, text]) => ({
    kind: kind as string,
    text: text as string,
  }));

/** The commands of a shell block, each with the lines that it prints by the page. */
function commandsOf(text: string) {
  const commands: { readonly command: string; readonly printed: string[] }[] = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('# ')) commands.at(-1)?.printed.push(line.slice(2));
    else commands.push({ command: line, printed: [] });
  }
  return commands;
}

/** What a command prints by the page, where `…` stands for anything. */
const pattern = (printed: readonly string[]) =>
  new RegExp(`^${printed.join('\n').split('…').map(RegExp.escape).join('.*')}$`);

/** Done by the set-up of all tests here, or by this test. */
const elsewhere = /^(npm ci|npm run pack|cd \S+|npx .* init .*)$/;

describe('docs/getting-started.md', () => {
  let folder: string;
  let shop: string;
  let system: LaunchedElsewhere | undefined;

  beforeAll(async () => {
    const [local = ''] = outside().tarballs.filter((path) => path.includes('/parley-local-'));
    folder = join(outside().folder, 'started');
    await mkdir(folder);
    const page = await readFile(join(root, 'docs/getting-started.md'), 'utf8');
    const [, init = ''] = /^npx (.* init .*)$/m.exec(page) ?? [];
    const words = init
      .split(' ')
      .map((word) => word.replace(/^(?:\.\/)?packed(?=\/|$)/, dirname(local)).replace(/^\.\.\//, ''));
    await run('npx', words, folder);
    shop = join(folder, 'shop');
  }, 240_000);

  const shell = (command: string) =>
    run('sh', ['-c', command.replaceAll('http://localhost:8080', system?.url ?? '')], shop, {
      NODE_OPTIONS: '',
      PRICES_URL: system?.url ?? '',
    });

  async function runCommand(command: string, printed: readonly string[]): Promise<void> {
    if (elsewhere.test(command)) return;
    if (command !== 'npm start') {
      const text = await shell(command.replace(/^curl /, 'curl -sS '));
      if (printed.length > 0) expect(text.trim()).toMatch(pattern(printed));
      return;
    }
    await system?.stop();
    system = await launchElsewhere(shop, 'npm', 'start');
  }

  it('does what it says, line by line', async () => {
    let count = 0;
    for (const { kind, text } of await blocks('docs/getting-started.md')) {
      const [, path] = /^\/\/ (\S+)\n/.exec(text) ?? [];
      if (kind === 'ts' && path !== undefined) await writeFile(join(shop, path), text);
      if (kind !== 'sh') continue;
      for (const { command, printed } of commandsOf(text)) {
        await runCommand(command, printed);
        count += printed.length;
      }
    }
    await system?.stop();
    expect(count).toBeGreaterThanOrEqual(6);
  }, 240_000);
});
