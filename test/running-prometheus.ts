import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import type { Replica } from './running-system.ts';
import { root } from './source-files.ts';

/** One series of an answer, with its latest value. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A Prometheus with the configuration and rules of `observability/`. */
export interface RunningPrometheus {
  readonly url: string;
  /** What a query gives now. Rejects where Prometheus refuses it. */
  query(expression: string): Promise<readonly Sample[]>;
  stop(): Promise<void>;
}

/**
 * Runs the Prometheus that is installed, with what `observability/prometheus` has. Two things differ: it finds replicas at the
 * addresses that `npm start` gave them, and it scrapes and evaluates every 500 ms, so that tests need not wait.
 */
export async function startPrometheus(replicas: readonly Replica[]): Promise<RunningPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-prometheus-'));
  await cp(join(root, 'observability/prometheus/rules'), join(folder, 'rules'), { recursive: true });
  const config = parse(await readFile(join(root, 'observability/prometheus/prometheus.yml'), 'utf8'));
  config.global = { scrape_interval: '500ms', evaluation_interval: '500ms' };
  const [scrape] = config.scrape_configs;
  delete scrape.dns_sd_configs;
  scrape.static_configs = replicas.map(({ service, operators }) => ({
    targets: [new URL(operators).host],
    labels: { __meta_dns_name: service },
  }));
  // JSON is YAML too.
  await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const listen = `127.0.0.1:${await freePort()}`;
  const flags = { 'config.file': `${folder}/prometheus.yml`, 'storage.tsdb.path': `${folder}/data` };
  const args = Object.entries({ ...flags, 'web.listen-address': listen, 'log.level': 'error' });
  const server = spawn(
    'prometheus',
    args.map(([name, value]) => `--${name}=${value}`),
    { stdio: 'inherit' },
  );
  const url = `http://${listen}`;
  await eventually(async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok, 3_000);
  return {
    url,
    query: (expression) => query(url, expression),
    async stop() {
      await ended(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly { metric: Sample['metric']; value: [at: number, value: string] }[] };
}

async function query(url: string, expression: string): Promise<readonly Sample[]> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
  const { status, error, data } = (await answer.json()) as Answer;
  if (status !== 'success') throw new Error(`Prometheus refused ${expression}: ${error}`);
  return data.result.map(({ metric, value: [, value] }) => ({ metric, value: Number(value) }));
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGTERM');
  await once(server, 'exit');
}
