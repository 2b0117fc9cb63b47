import { isRecord } from '@parley/contract';
import { CliError } from '../cli-error.ts';
import { readSamples } from '../metrics/exposition.ts';
import { replicaSample } from '../metrics/replica-sample.ts';
import { isOpenApiDocument, type OpenApiDocument } from '../openapi/document.ts';
import { type Container, containersIn, published } from '../systems/composed.ts';
import { unknownService } from '../systems/replicas-named.ts';
import { readShape } from '../text/read-shape.ts';
import { type CanaryOptions, type CanaryReport, canarySentence, watchCanary } from './canary.ts';
import type { ReplacedReplica, Rollout, RolloutDependencies, RolloutResult } from './rollout.ts';

/** What a program did. */
export interface ProgramEnd {
  readonly isSuccess: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** What the containers of a service need to be replaced. */
export interface ComposedRolloutOptions extends RolloutDependencies {
  readonly service: string;
  /** Runs `docker` in the folder of the compose file. */
  readonly docker: (args: readonly string[]) => Promise<ProgramEnd>;
  /** How long the new containers may take to get healthy, in ms. @default 120_000 */
  readonly readyTimeoutMs?: number;
  /** Starts a share of the new ones first, and watches them. Default: all at once. */
  readonly canary?: CanaryOptions | undefined;
}

const probeEveryMs = 500;
/**
 * Docker's DNS has a container until it has ended, and a connection to one that has ended hangs. nginx asks every second, clients of ours
 * every 5 s ± 10 % (`dnsRefreshMs`): after this time all of them know who is there.
 */
const namesFollowMs = 6_000;
const readsMetrics =
  "fetch('http://127.0.0.1:'+(process.env.ADMIN_PORT||9000)+'/metrics').then(async r=>process.stdout.write(await r.text()))";
const readsDocument =
  "fetch('http://127.0.0.1:'+(process.env.PORT||3000)+'/openapi.json').then(async r=>process.stdout.write(await r.text()))";

/**
 * Replaces the containers that `docker compose` runs for a service: as many new ones are started beside the old ones, and the old ones
 * are stopped one by one once all new ones are healthy.
 *
 * @returns undefined where Docker runs nothing here
 * @throws CliError where it runs other services only
 */
export async function composedRollout(options: ComposedRolloutOptions): Promise<Rollout | undefined> {
  const { service, docker } = options;
  // The project of this folder, by its own name or COMPOSE_PROJECT_NAME.
  const listed = await docker(['compose', 'ps', '--all', '--format', 'json']);
  if (!listed.isSuccess) return undefined;
  const all = containersIn(listed.stdout);
  const own = all.filter((container) => container.Service === service);
  if (all.length === 0) return undefined;
  if (own.length === 0) throw unknownService(service, [...new Set(all.map((container) => container.Service))]);
  const composed = { ...options, compose: await composeOf(own[0] as Container, docker) };
  const gateway = all.find(({ Image, Publishers }) => /^([^/]+\/)*nginx\b/.test(Image ?? '') && Publishers);
  const front = gateway?.Publishers?.find(({ PublishedPort }) => PublishedPort)?.TargetPort;
  return {
    source: 'compose',
    url: front === undefined ? undefined : published(gateway?.Publishers, front),
    document: () => documentOf(own[0] as Container, options),
    run: (onStep) => replaceAll(own, composed, onStep),
  };
}

/** With what `docker compose` has started the containers, so that new ones are of the same files. */
interface Composed extends ComposedRolloutOptions {
  /** `compose`, with project and files. */
  readonly compose: readonly string[];
}

async function composeOf(
  { ID, Service }: Container,
  docker: ComposedRolloutOptions['docker'],
): Promise<readonly string[]> {
  const { isSuccess, stdout } = await docker(['inspect', '--format', '{{json .Config.Labels}}', ID]);
  if (!isSuccess)
    throw new CliError('failed', `${Service}: expected a container with labels of compose, got none: start it again`);
  const labels = readShape(stdout, {
    expected: `${Service}: expected labels of compose from "docker inspect"`,
    isShape: isRecord,
    remedy: 'start it again with "docker compose up"',
  });
  const label = (name: string) => String(labels[`com.docker.compose.project${name}`] ?? '');
  const option = (name: string, values: string) => values.split(',').flatMap((value) => (value ? [name, value] : []));
  return [
    'compose',
    ...option('--project-name', label('')),
    ...option('--project-directory', label('.working_dir')),
    ...option('--file', label('.config_files')),
    ...option('--env-file', label('.environment_file')),
  ];
}

async function documentOf({ ID, Service }: Container, { docker }: ComposedRolloutOptions): Promise<OpenApiDocument> {
  const { isSuccess, stdout } = await docker(['exec', ID, 'node', '-e', readsDocument]);
  const expected = `${Service}: expected its OpenAPI document, an object with paths`;
  const remedy = 'name requests with --probe';
  if (!isSuccess) throw new CliError('failed', `${expected}, got none: ${remedy}`);
  return readShape(stdout, { expected, isShape: isOpenApiDocument, remedy });
}

async function replaceAll(
  old: readonly Container[],
  options: Composed,
  onStep: (sentence: string) => void,
): Promise<RolloutResult> {
  const { service, docker, pause, now, signal } = options;
  const idle = old.filter(({ State }) => State !== 'running');
  if (idle.length > 0) {
    const names = idle.map(({ Name, State }) => `${Name} (${State})`).join(', ');
    throw new CliError(
      'failed',
      `expected running containers of ${service}, got ${names}: remove them with "docker compose rm ${service}"`,
    );
  }
  const { canary: trying } = options;
  const start = async (created: readonly Container[], count: number) => {
    const all = await startBeside(old, created, count, options);
    onStep(`${all.map(({ Name }) => Name).join(', ')}: healthy, beside ${old.length} before`);
    await pause(namesFollowMs);
    return signal.aborted ? giveUp(all, old, 'interrupted', options) : all;
  };
  let created: readonly Container[] = [];
  let canary: CanaryReport | undefined;
  if (trying) {
    created = await start([], Math.min(old.length, Math.max(1, Math.round(trying.share * old.length))));
    canary = await tried(old, created, trying, options);
    onStep(`the new ones are ${canarySentence(canary)}`);
  }
  if (created.length < old.length) created = await start(created, old.length - created.length);
  const replaced: ReplacedReplica[] = [];
  for (const { ID, Name } of old) {
    if (replaced.length > 0) await pause(namesFollowMs);
    const startMs = now();
    await done(docker(['stop', ID]), `${Name} was not stopped`);
    await done(docker(['rm', ID]), `${Name} was not removed`);
    const tookMs = Math.round(now() - startMs);
    replaced.push({ replica: Name, tookMs });
    onStep(`${Name} is replaced, drained in ${tookMs} ms`);
  }
  return { replaced, ...(canary && { canary }) };
}

/** Watches the first new ones beside the old ones. Where they are worse, they are removed. */
async function tried(
  old: readonly Container[],
  created: readonly Container[],
  { watchMs }: CanaryOptions,
  options: ComposedRolloutOptions,
): Promise<CanaryReport> {
  const { docker, now, pause, signal } = options;
  const samplesOf = async (containers: readonly Container[]) => {
    const pages = await Promise.all(containers.map(({ ID }) => docker(['exec', ID, 'node', '-e', readsMetrics])));
    return pages.map(({ isSuccess, stdout }) => (isSuccess ? replicaSample(readSamples(stdout), now()) : undefined));
  };
  const take = async () => ({ before: await samplesOf(old), after: await samplesOf(created) });
  const report = await watchCanary(take, () => pause(watchMs, signal));
  if (signal.aborted) return giveUp(created, old, 'interrupted', options);
  return report.fault === undefined
    ? report
    : giveUp(created, old, `the new ones are ${canarySentence(report)}`, options);
}

/**
 * Starts more containers, and waits until all new ones are healthy. Where one is not, all new ones are removed.
 *
 * @returns all new ones, those that were there before too
 */
async function startBeside(
  old: readonly Container[],
  created: readonly Container[],
  count: number,
  options: Composed,
): Promise<readonly Container[]> {
  const { service, docker, compose, pause, now, signal, readyTimeoutMs = 120_000 } = options;
  const known = new Set(old.map(({ ID }) => ID));
  // Docker tells of no health for a moment after the start, and then of `starting`: the old ones tell whether there is a check.
  const isReady = old.some(({ Health }) => Health)
    ? ({ Health }: Container) => Health === 'healthy'
    : ({ State }: Container) => State === 'running';
  const added = async () => {
    const { stdout } = await docker([...compose, 'ps', '--all', '--format', 'json', service]);
    return containersIn(stdout).filter(({ ID }) => !known.has(ID));
  };
  const scale = ['--scale', `${service}=${old.length + created.length + count}`];
  const up = await docker([...compose, 'up', '--detach', '--no-deps', '--no-recreate', ...scale, service]);
  const deadlineMs = now() + readyTimeoutMs;
  for (let failure = up.isSuccess ? undefined : lastLine(up.stderr); ; ) {
    const containers = await added();
    const broken = containers.find(
      ({ State, Health }) => /^(exited|dead|restarting)$/.test(State) || Health === 'unhealthy',
    );
    if (broken) failure ??= await whyBroken(broken, options);
    if (signal.aborted) failure ??= 'interrupted';
    if (now() > deadlineMs) failure ??= `the new containers are not healthy within ${readyTimeoutMs} ms`;
    if (failure !== undefined) return giveUp(containers, old, failure, options);
    const ready = containers.filter(isReady);
    if (ready.length === created.length + count) return ready;
    await pause(probeEveryMs);
  }
}

/** Removes the new containers: the old ones have never stopped. */
async function giveUp(
  created: readonly Container[],
  old: readonly Container[],
  failure: string,
  { service, docker }: ComposedRolloutOptions,
): Promise<never> {
  if (created.length > 0) await docker(['rm', '--force', ...created.map(({ ID }) => ID)]);
  throw new CliError(
    'failed',
    `${service} was not replaced: ${failure} (the ${old.length} before go on, the new ones are removed)`,
  );
}

async function whyBroken({ ID, Name, State, Health }: Container, { docker }: ComposedRolloutOptions): Promise<string> {
  const { stdout, stderr } = await docker(['logs', '--tail', '5', ID]);
  return `${Name} is ${Health === 'unhealthy' ? Health : State}: ${lastLine(`${stdout}\n${stderr}`)}`;
}

async function done(running: Promise<ProgramEnd>, failure: string): Promise<void> {
  const { isSuccess, stderr } = await running;
  if (!isSuccess) throw new CliError('failed', `${failure}: ${lastLine(stderr)}`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() || 'no reason given';
}
