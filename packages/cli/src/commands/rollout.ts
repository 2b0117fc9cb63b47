import { CliError } from '../cli-error.ts';
import { type AddCommand, type CommandDependencies, command, examples } from '../command.ts';
import type { ReplicaSample } from '../metrics/replica-sample.ts';
import { scrape } from '../metrics/scrape.ts';
import { collected, duration, whole } from '../parser.ts';
import { canaryThresholds } from '../rollout/canary.ts';
import type { ProbeRequest } from '../rollout/probe-request.ts';
import type { Rollout, RolloutResult } from '../rollout/rollout.ts';
import type { VerificationReport } from '../rollout/verification.ts';
import { launchedIn } from '../systems/launched.ts';
import { replicasOf } from '../systems/replicas-named.ts';

/** `parley rollout SERVICE`: new processes or containers for all replicas, without a lost request. */
export const rollout: AddCommand = (program, dependencies) => {
  command(program, 'rollout', 'Replaces all replicas of a service, without losing a request')
    .argument('<service>', 'its name in the compose file')
    .option('--verify', 'sends requests through the gateway meanwhile, and tells what became of them', false)
    .option(
      '--probe <request>',
      "a request to send: 'GET /path' or 'POST /path {…}' with a key (repeatable)",
      collected,
    )
    .option('--rate <count>', 'requests a second to send, default 20', whole(1, 200))
    .option(
      '--canary <share>',
      'tries this share of the replicas first, such as 10%, and ends where they are worse',
      share,
    )
    .option(
      '--watch <duration>',
      'how long they are watched, such as 30s or 5m, default 30s, at most 1 h',
      duration('1h'),
    )
    .option('--url <url>', 'address of the gateway, where it is not found')
    .option('--port <port>', 'port of the gateway, where several systems run in this folder', whole(1, 65_535))
    .addHelpText(
      'after',
      `${examples(
        ['parley rollout hello', 'what parley start or docker compose runs in this folder'],
        ['parley rollout hello --verify', 'with a GET of its own, twenty times a second'],
        ['parley rollout hello --canary 10% --watch 2m', 'one new replica first, beside the old ones'],
        [`parley rollout guestbook --verify --probe 'POST /api/visits {"name":"probe {n}"}'`, 'with writes'],
      )}\n\nThe exit code is 1 where a replica does not get ready, and with --verify where a request is lost or carried out twice.\nWith --canary: ${canaryThresholds}.`,
    )
    .action((service, options) => rollOut(service, options, dependencies));
};

interface RolloutOptions {
  readonly json: boolean;
  readonly verify: boolean;
  readonly probe?: readonly string[] | undefined;
  readonly rate?: number | undefined;
  readonly url?: string | undefined;
  readonly port?: number | undefined;
  readonly canary?: number | undefined;
  readonly watch?: number | undefined;
}

/** Reads a share such as `10%`. */
function share(text: string): number {
  const percent = Number(/^(\d{1,2})%$/.exec(text)?.[1]);
  if (percent > 0) return percent / 100;
  throw new CliError('usage', `--canary: expected a share from 1% to 99%, got "${text}"`);
}

/** An option that would do nothing: the person expects that it does. */
function refuseWithoutPurpose({ verify, probe = [], rate, url, canary, watch }: RolloutOptions): void {
  const isSending = verify || probe.length > 0;
  if (!isSending && rate !== undefined) throw new CliError('usage', '--rate: expected it with --verify or --probe');
  if (!isSending && url !== undefined) throw new CliError('usage', '--url: expected it with --verify or --probe');
  if (url !== undefined && !/^https?:\/\/[^/]/.test(url)) {
    throw new CliError('usage', `--url: expected an address such as http://localhost:8080, got "${url}"`);
  }
  if (canary === undefined && watch !== undefined) throw new CliError('usage', '--watch: expected it with --canary');
}

async function rollOut(service: string, options: RolloutOptions, dependencies: CommandDependencies): Promise<void> {
  const { output, cwd } = dependencies;
  refuseWithoutPurpose(options);
  const { probeRequest } = await import('../rollout/probe-request.ts');
  const given = (options.probe ?? []).map(probeRequest);
  const way = await rolloutOf(service, options, dependencies);
  const isWatched = options.verify || given.length > 0;
  const watching = isWatched ? await startWatching(way, given, { ...options, service, cwd, output }) : undefined;
  let report: VerificationReport | undefined;
  let result: RolloutResult;
  try {
    result = await way.run((sentence) => output.remark(sentence));
    report = await watching?.stop();
  } catch (error) {
    report = await watching?.stop();
    if (report && options.json && error instanceof CliError) {
      throw new CliError(error.exit, error.message, { ...error, data: { ...error.data, verification: report } });
    }
    throw error;
  } finally {
    if (report && report.sent > 0 && !options.json) output.line(sentenceOf(report));
  }
  if (options.json) output.json({ service, source: way.source, ...result, ...(report && { verification: report }) });
  else if (!report) output.line(`${service} is replaced: ${result.replaced.map(({ replica }) => replica).join(', ')}`);
  if (!report || report.lost + report.duplicated === 0) return;
  throw new CliError('failed', `${report.lost} requests were lost and ${report.duplicated} carried out twice`, {
    isDocumented: true,
  });
}

async function rolloutOf(
  service: string,
  { port, canary: share, watch: watchMs = 30_000 }: RolloutOptions,
  { cwd, launched, runDocker, replaceReplica, pause, now, interrupted }: CommandDependencies,
): Promise<Rollout> {
  const signal = interrupted();
  const never = new AbortController().signal;
  const time = { pause: (ms: number, until = never) => pause(ms, until), now, signal };
  const canary = share === undefined ? undefined : { share, watchMs };
  const system = launchedIn(cwd, await launched(), port);
  if (system?.launcherPid !== undefined) {
    const { launcherPid, url } = system;
    const replicas = replicasOf(service, system);
    const replace = (name: string) => replaceReplica(launcherPid, name);
    const { launchedRollout } = await import('../rollout/launched-rollout.ts');
    return launchedRollout({ ...time, service, url, replicas, replace, sample, canary });
  }
  const { composedRollout } = await import('../rollout/composed-rollout.ts');
  const found = await composedRollout({ ...time, service, canary, docker: (args) => runDocker(args, cwd) });
  if (found) return found;
  throw new CliError(
    'nothingRuns',
    `expected a running ${service} in ${cwd}, found none: run "parley start" or "docker compose up" here`,
  );
}

async function sample(operators: string): Promise<ReplicaSample | undefined> {
  const scraped = await scrape(operators);
  return typeof scraped === 'string' ? undefined : scraped;
}

interface WatchingOptions extends RolloutOptions, Pick<CommandDependencies, 'cwd' | 'output'> {
  readonly service: string;
}

/** Sends nothing through a gateway that already fails: that would be no proof of anything. */
async function startWatching(
  way: Rollout,
  given: readonly ProbeRequest[],
  { rate = 20, url = way.url, service, cwd, output }: WatchingOptions,
) {
  const [{ chosenProbe }, { failingProbe, startVerification }, { limitedOperations }] = await Promise.all([
    import('../rollout/probe-request.ts'),
    import('../rollout/verification.ts'),
    import('../rollout/limited-operations.ts'),
  ]);
  const chosen =
    given.length > 0 ? undefined : chosenProbe(await way.document(), await limitedOperations(cwd, service, rate));
  const probes = chosen ? [chosen] : given;
  if (url === undefined)
    throw new CliError('usage', 'expected a published port of the gateway, found none: name it with --url');
  if (probes.length === 0) {
    throw new CliError(
      'usage',
      `expected a GET without required parameters, ${rate} a second of which the gateway's policy allows, found none: name a request with --probe 'GET /path', or a lower --rate`,
    );
  }
  const failing = await failingProbe(url, probes);
  if (failing !== undefined) {
    throw new CliError(
      'usage',
      `expected a success before the rollout, but ${failing}: name another request with --probe`,
    );
  }
  if (chosen) output.remark(`sends ${chosen.method} ${chosen.path} meanwhile, ${rate} a second: --probe names another`);
  return startVerification(url, probes, rate);
}

function sentenceOf({ sent, lost, failures, keyed, duplicated, slowestMs }: VerificationReport): string {
  const what = Object.entries(failures).map(([label, count]) => `  ${count} × ${label}`);
  return [
    `${sent} requests sent, ${lost} lost, ${duplicated} of ${keyed} writes carried out twice, slowest ${slowestMs} ms`,
    ...what,
  ].join('\n');
}
