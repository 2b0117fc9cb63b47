import { CliError } from '../cli-error.ts';
import { type AddCommand, actingNote, type CommandDependencies, examples, systemCommand } from '../command.ts';
import { actOnEach, reportFailures } from '../operators/each-replica.ts';
import type { AdminClient } from '../operators/operator.ts';
import { findSystem, type SystemChoice } from '../systems/find-system.ts';
import { replicasNamed } from '../systems/replicas-named.ts';
import type { System, SystemReplica } from '../systems/system.ts';
import { suggestion } from '../text/suggestion.ts';

const acts = { open: 'open', close: 'closed', auto: 'auto' } as const;

/** `parley circuit open|close|auto SERVICE UPSTREAM ENDPOINT`: forces a circuit, or lets it decide again. */
export const circuit: AddCommand = (program, dependencies) => {
  systemCommand(program, 'circuit', 'Forces the circuit of an endpoint open or closed, or lets it decide again')
    .argument('<act>', 'open, close or auto', actNamed)
    .argument('<service>', 'the service that calls, or one of its replicas')
    .argument('<upstream>', 'what it calls')
    .argument('<endpoint>', 'the address that it calls, or the name of its replica')
    .addHelpText(
      'after',
      examples(
        ['parley circuit open hello greetings greetings-1', 'hello sends nothing more to greetings-1'],
        ['parley circuit close hello-2 greetings http://127.0.0.1:20001', 'hello-2 sends there, whatever comes'],
        ['parley circuit auto hello greetings greetings-1', 'the circuit decides again'],
      ) + actingNote,
    )
    .action((act, service, upstream, endpoint, { json, ...choice }) =>
      setCircuits({ act, service, upstream, endpoint }, json, choice, dependencies),
    );
};

function actNamed(text: string): keyof typeof acts {
  if (Object.hasOwn(acts, text)) return text as keyof typeof acts;
  throw new CliError('usage', `expected open, close or auto, got "${text}"${suggestion(text, Object.keys(acts))}`);
}

interface Wanted {
  readonly act: keyof typeof acts;
  readonly service: string;
  readonly upstream: string;
  readonly endpoint: string;
}

async function setCircuits(
  { act, service, upstream, endpoint }: Wanted,
  isJson: boolean,
  choice: SystemChoice,
  dependencies: CommandDependencies,
): Promise<void> {
  const { output, env } = dependencies;
  const { tokenFor } = await import('../operators/operator.ts');
  tokenFor('act', env);
  const system = await findSystem(choice, dependencies);
  const address = addressOf(endpoint, system);
  const gathered = await actOnEach(replicasNamed(service, system), env, async (client, replica) => {
    await expectEndpoint(client, replica, upstream, address);
    return client.setCircuit({ upstream, endpoint: address, circuit: acts[act] });
  });
  const changes = gathered.answers.map(({ replica, answer }) => ({ replica: replica.name, ...answer }));
  const failures = gathered.failures.map(({ message }) => message);
  if (isJson) output.json({ upstream, endpoint: address, changes, failures });
  else {
    const columns = ['REPLICA', 'UPSTREAM', 'ENDPOINT', 'BEFORE', 'AFTER'].map((title) => ({ title }));
    output.table(
      columns,
      changes.map(({ replica, before, after }) => [replica, upstream, address, before, after]),
    );
  }
  reportFailures(gathered, 'act', output);
}

/** A replica's name stands for its address. */
function addressOf(endpoint: string, { replicas }: System): string {
  return replicas.find(({ name }) => name === endpoint)?.address ?? endpoint;
}

/** Suggests a near name: the service itself only lists what there is. */
async function expectEndpoint(
  client: AdminClient,
  { name }: SystemReplica,
  upstream: string,
  address: string,
): Promise<void> {
  const { upstreams } = await client.listUpstreams();
  const found = upstreams.find((one) => one.name === upstream);
  if (!found) {
    const names = upstreams.map((one) => one.name);
    throw new CliError(
      'usage',
      `${name}: expected one of its upstreams, got "${upstream}"${suggestion(upstream, names)}`,
    );
  }
  const addresses = found.endpoints.map((one) => one.address);
  if (addresses.includes(address)) return;
  if (addresses.length === 0) {
    throw new CliError(
      'failed',
      `${name}: expected an endpoint of ${upstream}, found none: it learns them with its first call`,
    );
  }
  throw new CliError(
    'usage',
    `${name}: expected an endpoint of ${upstream}, got "${address}"${suggestion(address, addresses)}`,
  );
}
