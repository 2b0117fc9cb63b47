import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import { CallError, defineContract, errorCodes, get, post } from '@parley/contract';
import { startService } from '@parley/service/testing';
import { z } from 'zod';
import { describeWith } from '../needs.ts';
import { anchors, pageQueries, sections } from './operating-page.ts';
import { partsOf } from './promql.ts';
import { boards, dashboardQueries, prometheusFolder, type Query, ruleQueries, rules, ruleTests } from './queries.ts';

const alerts = rules.filter(({ alert }) => alert !== undefined);
const allQueries = [...dashboardQueries, ...ruleQueries, ...pageQueries];

/** Labels that Prometheus gives every series of a replica: prometheus.yml. */
const targetLabels = ['service', 'instance', 'job'];

const shop = defineContract('shop', {
  getItem: get('/api/items/{id}', { summary: 's', input: z.object({ id: z.string() }), output: z.object({}) }),
  addItem: post('/api/items', { summary: 's', safety: 'keyed', input: z.object({}) }),
});

/** Names of all series that a service exposes, with their labels, read from its /metrics. */
async function exposedSeries(): Promise<Map<string, readonly string[]>> {
  const getItem = async ({ id }: { id: string }) => {
    if (id === 'bad') throw new CallError('internal', 'broken');
    return {};
  };
  const service = await startService(shop, { getItem, addItem: async () => undefined });
  const upstream = createUpstream('shop', service.url, { cache: true });
  const client = createClient(shop, upstream);
  await client.getItem({ id: '1' });
  await client.getItem({ id: 'bad' }).catch(() => {});
  const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
  await upstream.close();
  await service.stop();
  const series = new Map<string, readonly string[]>();
  // A metric that has no series yet has its name here.
  for (const [, name = ''] of text.matchAll(/^# TYPE (\w+)/gm)) series.set(name, []);
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
    series.set(
      name,
      [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label as string),
    );
  }
  return series;
}

describe('every query', () => {
  let exposed: Map<string, readonly string[]>;
  beforeAll(async () => {
    exposed = await exposedSeries();
    exposed.set('up', []);
    exposed.set('ALERTS', ['alertname', 'alertstate', 'severity']);
    for (const { record, expr } of rules) if (record) exposed.set(record, partsOf(expr).grouping);
  });

  it('is one of some dozens', () => {
    expect(dashboardQueries.length).toBeGreaterThan(40);
    expect(alerts.length).toBeGreaterThan(12);
  });

  it('reads metrics that a service exposes, and labels that they have', () => {
    const wrong = allQueries.flatMap(({ where, expression }) => {
      const { metrics, grouping } = partsOf(expression);
      const known = (name: string) => [...targetLabels, 'le', ...(exposed.get(name) ?? [])];
      const all = metrics.flatMap(({ name }) => known(name));
      return [
        ...metrics.filter(({ name }) => !exposed.has(name)).map(({ name }) => `${where}: no metric ${name}`),
        ...metrics.flatMap(({ name, labels }) =>
          labels.filter((label) => !known(name).includes(label)).map((label) => `${where}: no ${label} in ${name}`),
        ),
        ...grouping.filter((label) => !all.includes(label)).map((label) => `${where}: no label ${label}`),
      ];
    });
    expect(allQueries.every(({ expression }) => partsOf(expression).metrics.length > 0)).toBe(true);
    expect(wrong).toEqual([]);
  });

  it('has the failures of an upstream that the table of codes has: those of 500 and more', () => {
    // No upstream fails where the caller wants a stored reply and there is none.
    const isFailure = (code: string, status: number) => status >= 500 && code !== 'not_cached';
    const failures = Object.entries(errorCodes).flatMap(([code, { status }]) =>
      isFailure(code, status) ? [code] : [],
    );
    const lists = allQueries.flatMap(({ expression }) => expression.match(/(?<=error_type=~")[^"]+/g) ?? []);
    expect(lists.length).toBeGreaterThan(2);
    for (const list of lists) expect(list.split('|').toSorted()).toEqual(failures.toSorted());
  });

  it('reads every metric that a service exposes', () => {
    const read = new Set(allQueries.flatMap(({ expression }) => partsOf(expression).metrics.map(({ name }) => name)));
    const families = [...exposed.keys()].filter((name) => !/_(?:bucket|sum|count)$/.test(name));
    const unread = families.filter((name) => !read.has(name) && !read.has(`${name}_count`));
    expect(unread).toEqual([]);
  });
});

describe('partsOf', () => {
  it('finds metrics, labels of selectors and labels of groups', () => {
    const query =
      'sum by (a, le) (rate(x_count{b="by (c)",d=~"e"}[5m])) / on (a) group_left y:z > 14.4 * 1e-3 and up == 1';
    expect(partsOf(query)).toEqual({
      metrics: [
        { name: 'x_count', labels: ['b', 'd'] },
        { name: 'y:z', labels: [] },
        { name: 'up', labels: [] },
      ],
      grouping: ['a', 'le', 'a'],
    });
  });
});

describe('every dashboard', () => {
  it('has no panel on top of another, and no two of one name', () => {
    for (const { file, panels } of boards) {
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
      );
      expect([file, new Set(cells).size]).toEqual([file, cells.length]);
      const titles = panels.filter(({ type }) => type !== 'row').map(({ title }) => title);
      expect(new Set(titles).size).toBe(titles.length);
      expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
    }
  });

  it('has a legend that names labels which its query keeps', () => {
    const wrong = boards.flatMap(({ panels }) =>
      panels.flatMap(({ title, targets = [] }) =>
        targets.flatMap(({ expr, legendFormat }) => {
          const { grouping } = partsOf(expr);
          const isGrouped = /\bby \(/.test(expr);
          const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label as string);
          return named.filter((label) => isGrouped && !grouping.includes(label)).map((label) => `${title}: ${label}`);
        }),
      ),
    );
    expect(wrong).toEqual([]);
  });
});

describe('every alert', () => {
  it('says in a sentence what is wrong, what it may come from, and where to read on', () => {
    for (const { alert, annotations = {}, labels } of alerts) {
      expect([alert, labels?.severity]).toEqual([alert, expect.stringMatching(/^(?:page|ticket)$/)]);
      expect([alert, annotations.summary]).toEqual([alert, expect.stringMatching(/\.$/)]);
      expect([alert, annotations.causes]).toEqual([alert, expect.stringMatching(/\w/)]);
      expect([alert, annotations.runbook]).toEqual([alert, `docs/operating.md#${alert?.toLowerCase()}`]);
    }
  });

  it('has a section in docs/operating.md, and no other alert has', () => {
    expect(sections).toEqual(expect.arrayContaining(alerts.map(({ alert }) => alert)));
    expect(sections).toHaveLength(alerts.length);
    const leads = [...anchors.linked, ...alerts.map(({ annotations }) => annotations?.runbook?.split('#')[1])];
    expect(leads.filter((anchor) => !anchors.there.includes(anchor as string))).toEqual([]);
  });

  it('has a test in which it fires, and one in which it does not', () => {
    const tested = (fires: boolean) =>
      new Set(ruleTests.filter((one) => one.exp_alerts.length > 0 === fires).map(({ alertname }) => alertname));
    const names = new Set(alerts.map(({ alert }) => alert));
    expect([tested(true), tested(false)]).toEqual([names, names]);
  });
});

describeWith('promtool')('promtool', () => {
  const files = (folder: string) =>
    readdirSync(join(prometheusFolder, folder)).map((file) => join(prometheusFolder, folder, file));
  const promtool = (...args: string[]) => spawnSync('promtool', args, { encoding: 'utf8' });

  it('accepts the configuration and the rules', () => {
    const check = promtool('check', 'config', '--lint-fatal', join(prometheusFolder, 'prometheus.yml'));
    expect(check).toMatchObject({ status: 0, stderr: '' });
    expect(promtool('check', 'rules', '--lint-fatal', ...files('rules'))).toMatchObject({ status: 0, stderr: '' });
  });

  it('accepts every query of the dashboards and of docs/operating.md', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-queries-'));
    const asRule = ({ expression }: Query, at: number) => ({ record: `query:${at}`, expr: expression });
    writeFileSync(
      join(folder, 'q.yml'),
      JSON.stringify({ groups: [{ name: 'q', rules: [...dashboardQueries, ...pageQueries].map(asRule) }] }),
    );
    const check = promtool('check', 'rules', join(folder, 'q.yml'));
    rmSync(folder, { recursive: true });
    expect(check).toMatchObject({ status: 0, stderr: '' });
  });

  it('sees each alert fire and not fire', () => {
    expect(promtool('test', 'rules', ...files('tests'))).toMatchObject({ status: 0, stderr: '' });
  }, 60_000);
});
