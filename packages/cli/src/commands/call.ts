import { CliError } from '../cli-error.ts';
import { type AddCommand, type CommandDependencies, examples, systemCommand } from '../command.ts';
import type { Call } from '../openapi/call-operation.ts';
import { type OpenApiDocument, operationNamed, operationsOf, readDocument } from '../openapi/document.ts';
import { documentedInput, type Member } from '../openapi/input-members.ts';
import { whole } from '../parser.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { replicasNamed } from '../systems/replicas-named.ts';
import { writeValue } from '../terminal/write-value.ts';

/** `parley call SERVICE OPERATION`: calls an operation through the typed client, by the service's own OpenAPI document. */
export const call: AddCommand = (program, dependencies) => {
  systemCommand(program, 'call', 'Calls an operation of a service; without an operation it lists them')
    .argument('<service>', 'its name; a replica such as hello-1 is called alone')
    .argument('[operation]', 'name of the operation; all are listed without it')
    .argument('[parameters...]', 'name=value, name:=json, name=@file, or @file.json for all of them')
    .option('--explain', 'the timeline of the call across hops, below its result', false)
    .option('--url <url>', 'address of the service, instead of what runs in this folder')
    .option(
      '--timeout-ms <ms>',
      'the call takes at most this long, a stream to its first item',
      whole(1, 3_600_000),
      5_000,
    )
    .option('--idempotency-key <key>', 'names the request over all its tries, for operations that remember it')
    .option('--no-check', 'leaves the check of the parameters to the service')
    .addHelpText(
      'after',
      `${examples(
        ['parley call hello', 'the operations of hello, and their parameters'],
        ['parley call hello sayHello name=Alice', 'one call'],
        ['parley call hello sayHello name=Alice --explain', 'with attempts, and the time of each service'],
        ['parley call guestbook listVisits limit:=5', 'a parameter as JSON'],
        ['parley call guestbook addVisit @visit.json', 'all parameters from a file; @- is stdin'],
        ['parley call hello sayHello --url http://10.0.0.7:3000', 'a service that is known by its address'],
      )}\n\nPARLEY_TOKEN in the environment is the bearer token, or the API key, for operations that ask for one. A value that begins with @ is\nwritten with two: name=@@alice.`,
    )
    .action((service, operation, parameters, { admin, port, ...options }) =>
      operation === undefined
        ? listOperations(service, options, { admin, port }, dependencies)
        : callNamed(service, operation, parameters, options, { admin, port }, dependencies),
    );
};

interface CallCommandOptions {
  readonly json: boolean;
  readonly explain: boolean;
  readonly check: boolean;
  readonly timeoutMs: number;
  readonly url?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

async function callNamed(
  service: string,
  name: string,
  words: readonly string[],
  options: CallCommandOptions,
  choice: SystemChoice,
  dependencies: CommandDependencies,
): Promise<void> {
  const { output, env, readFile } = dependencies;
  const addresses = await addressesOf(service, options.url, choice, dependencies);
  const document = await readDocument(service, addresses);
  const wanted: Call = {
    service,
    addresses,
    document,
    operation: operationNamed(name, service, document),
    words,
    readFile,
    isChecked: options.check,
    isExplained: options.explain,
    timeoutMs: options.timeoutMs,
    idempotencyKey: options.idempotencyKey,
    token: env.PARLEY_TOKEN || undefined,
  };
  // Imported late: the list of operations does not need the client.
  const { callOperation } = await import('../openapi/call-operation.ts');
  await callOperation(wanted, async ({ value, story }) => {
    if (options.json) return writeValue(output, value, { isDocument: true, story });
    await writeValue(output, value);
    if (story) output.line(`\n${story}`);
  });
}

async function listOperations(
  service: string,
  { url, json }: CallCommandOptions,
  choice: SystemChoice,
  dependencies: CommandDependencies,
): Promise<void> {
  const { output } = dependencies;
  const document = await readDocument(service, await addressesOf(service, url, choice, dependencies));
  const operations = operationsOf(document).map((operation) => ({
    ...operation,
    members: [...documentedInput(operation, document as Root).members.values()],
  }));
  if (json) {
    const shown = operations.map(({ name, method, path, summary, members }) => ({
      name,
      method: method.toUpperCase(),
      path,
      summary,
      parameters: members.map(({ name, place, schema, isRequired }) => ({ name, place, schema, isRequired })),
    }));
    return output.json({ service, operations: shown });
  }
  const columns = ['OPERATION', 'METHOD', 'PATH', 'PARAMETERS', 'SUMMARY'].map((title) => ({ title }));
  output.table(
    columns,
    operations.map(({ name, method, path, members, summary }) => [
      name,
      method.toUpperCase(),
      path,
      members.map(memberText).join(' ') || '–',
      summary,
    ]),
  );
}

type Root = Readonly<Record<string, unknown>> & OpenApiDocument;

const memberText = ({ name, isRequired }: Member) => (isRequired ? name : `[${name}]`);

async function addressesOf(
  service: string,
  url: string | undefined,
  choice: SystemChoice,
  dependencies: CommandDependencies,
): Promise<readonly string[]> {
  if (url !== undefined) {
    if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return [url];
    throw new CliError('usage', `--url: expected an address such as http://localhost:3000, got "${url}"`);
  }
  const replicas = replicasNamed(service, await findSystem(choice, dependencies));
  const addresses = replicas.filter(({ isDead }) => !isDead).flatMap(({ address }) => address ?? []);
  if (addresses.length > 0) return addresses;
  throw new CliError(
    'nothingRuns',
    `expected a replica of ${service} that can be called, found none: name its address with --url`,
  );
}
