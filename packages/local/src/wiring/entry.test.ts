import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { composeServices } from '../../test-fixtures/compose-services.ts';
import { type Entry, entryOf } from './entry.ts';
import { wiringOf } from './wiring.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-entry-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function entry(service: string): Entry {
  const [orders] = wiringOf(composeServices(`services: { orders: ${service} }`), {}).services;
  if (!orders) throw new Error('no service');
  return entryOf(orders, root);
}

const packageJson = (start: string) => JSON.stringify({ scripts: { start } });

describe('entryOf', () => {
  it.each([
    ['its build context', '{ build: ./orders }', 'orders/src/main.ts', 'orders', 'src/main.ts'],
    ['a built file', '{ build: { context: ./orders } }', 'orders/dist/main.js', 'orders', 'dist/main.js'],
    ['the folder of its name', '{ build: . }', 'services/orders/main.ts', '', 'services/orders/main.ts'],
    ['the same below apps/', '{ build: . }', 'apps/orders/src/main.ts', '', 'apps/orders/src/main.ts'],
    [
      'the folder of args.SERVICE',
      '{ build: { args: [SERVICE=shop] } }',
      'services/shop/main.ts',
      '',
      'services/shop/main.ts',
    ],
    ['the folder of its Dockerfile', '{ build: { dockerfile: o/Dockerfile } }', 'o/main.ts', '', 'o/main.ts'],
    [
      'x-parley.entry',
      '{ build: ./orders, x-parley: { entry: src/run.ts } }',
      'orders/src/run.ts',
      'orders',
      'src/run.ts',
    ],
  ])('finds the file in %s', (_, service, file, cwd, found) => {
    put(file);
    expect(entry(service)).toMatchObject({ cwd: join(root, cwd), args: [found] });
    expect(join(root, file).startsWith(`${entry(service).folder}/`)).toBe(true);
  });

  it('takes a command "node FILE" as it is', () => {
    put('orders/src/main.ts');
    const command = '["node", "--enable-source-maps", "dist/server.js", "--all"]';
    expect(entry(`{ build: ./orders, command: ${command} }`)).toEqual({
      folder: join(root, 'orders'),
      cwd: join(root, 'orders'),
      args: ['--enable-source-maps', 'dist/server.js', '--all'],
    });
  });

  it.each([
    ['{ "scripts": {}, }', 'expected JSON, got '],
    ['null', 'expected a JSON object'],
  ])('names the package.json that is %s', (content, message) => {
    put('orders/package.json', content);
    expect(() => entry('{ build: ./orders }')).toThrow(`${join(root, 'orders/package.json')}: ${message}`);
  });

  it('takes a start script "node FILE" before a conventional file, if its file is there', () => {
    put('orders/src/main.ts');
    put('orders/package.json', packageJson('node --enable-source-maps dist/server.js'));
    expect(entry('{ build: ./orders }').args).toEqual(['src/main.ts']);
    put('orders/dist/server.js');
    expect(entry('{ build: ./orders }').args).toEqual(['--enable-source-maps', 'dist/server.js']);
    put('orders/package.json', packageJson('node dist/server.js | pino-pretty'));
    expect(entry('{ build: ./orders }').args).toEqual(['src/main.ts']);
  });

  it('says what it looked for, and what to do', () => {
    put('orders/README.md');
    const refused = (service: string) => expect(() => entry(service));
    refused('{ build: ./orders }').toThrow(
      'compose file: service orders: expected main.ts, src/main.ts, dist/main.js, main.js, src/main.js or a start ' +
        'script "node FILE" in orders, found none: name the file in x-parley.entry, or leave the service out with --scale orders=0',
    );
    refused('{ build: ./orders, command: npm start }').toThrow('expected a command "node FILE", got "npm start"');
    refused('{ build: ./orders, x-parley: { entry: run.ts } }').toThrow(
      'expected the file run.ts of x-parley.entry in orders, found none',
    );
  });
});
