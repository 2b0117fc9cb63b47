import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { policyFile } from '../gateways/policy/policy.ts';
import { LocalError } from '../local-error.ts';
import { addOperation } from './add-operation.ts';
import { addService } from './add-service.ts';
import { init } from './init.ts';

/** Words that begin a command that writes files, and are no names of services. */
export const scaffoldCommands: ReadonlySet<string> = new Set(['init', 'add']);

const usage = {
  init: 'init FOLDER [--packages FOLDER] [--no-install]',
  add: 'add service NAME, or add operation SERVICE NAME',
} as const;

/** What `init --help` and `add --help` print. @param program `parley`, or `parley-local` */
export function scaffoldHelp(command: string, program: string): string {
  const { summary, rows } = command === 'init' ? initHelp : addHelp;
  const lines = rows.map(([call, text]) => `  ${`${program} ${call}`.trimEnd().padEnd(46)} ${text}`.trimEnd());
  return `${summary}\n\n${lines.join('\n')}\n`;
}

const initHelp = {
  summary: 'Makes a new repository: a service, its caller, gateway, tests and CI. Usage: init FOLDER [options]',
  rows: [
    ['init shop', 'in the new folder shop, then npm install there'],
    ['init shop --no-install', 'without npm install'],
    ['init shop --packages packed', 'with Parley from the tarballs in packed (npm pack), not from the registry'],
    ['init --help', 'this text'],
  ],
} as const;

const addHelp = {
  summary: 'Adds a service or an operation, from templates, to the repository in this folder.',
  rows: [
    ['add service prices', 'the service prices, wired into compose files, gateway and observability'],
    ['add operation hello wave', 'the operation wave of hello: in its contract and its handlers'],
    ['add --help', 'this text'],
  ],
} as const;

/**
 * Runs `init …` or `add …` in a folder.
 *
 * @param isByParley whether `parley` writes the gateway of a policy next
 * @throws LocalError with a sentence for the person at the keyboard
 * @returns what to print: the files that are new or changed, and what to do next
 */
export async function runScaffold(args: readonly string[], root: string, isByParley = false): Promise<string> {
  const [command, ...rest] = args;
  return command === 'init' ? runInit(rest) : runAdd(rest, root, isByParley ? '' : gatewayStep(root));
}

async function runInit(args: readonly string[]): Promise<string> {
  const options = { packages: { type: 'string' }, 'no-install': { type: 'boolean' } } as const;
  const { values, positionals } = parsed(() => parseArgs({ args: [...args], options, allowPositionals: true }), 'init');
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw misused('init', args);
  const install = !values['no-install'];
  const paths = await init({ folder, packages: values.packages, install });
  const next = [`cd ${folder}`, ...(install ? [] : ['npm install']), 'npm test', 'npm start'].join(' && ');
  return `${paths.join('\n')}\nNext: ${next}`;
}

function runAdd(args: readonly string[], root: string, gatewayStep: string): string {
  const { positionals } = parsed(() => parseArgs({ args: [...args], allowPositionals: true }), 'add');
  const [what, one = '', other, ...rest] = positionals;
  if (what === 'service' && other === undefined) {
    const paths = addService(root, one);
    return `${paths.join('\n')}\nNext: ${gatewayStep}npm start, then curl http://localhost:8080/api/${one}; change services/${one}/contract/contract.ts.`;
  }
  if (what === 'operation' && other !== undefined && rest.length === 0) {
    const paths = addOperation(root, one, other);
    return `${paths.join('\n')}\nNext: ${gatewayStep}change ${other} in ${paths.slice(0, 2).join(' and ')}.`;
  }
  throw misused('add', args);
}

/** The gateway of a policy is written from the contracts, which the command line loads. */
function gatewayStep(root: string): string {
  return existsSync(join(root, policyFile)) ? 'npx parley gateway; ' : '';
}

function parsed<T>(parse: () => T, command: keyof typeof usage): T {
  try {
    return parse();
  } catch (error) {
    const [sentence = ''] = (error as Error).message.split('. ');
    throw new LocalError(`${sentence.replace(/\.$/, '')}: expected "${usage[command]}"`, 2);
  }
}

function misused(command: keyof typeof usage, args: readonly string[]): LocalError {
  return new LocalError(`expected "${usage[command]}", got "${[command, ...args].join(' ')}"`, 2);
}
