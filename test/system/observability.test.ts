import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../eventually.ts';
import { describeWith } from '../needs.ts';
import { dashboardQueries, ruleQueries, rules } from '../observability/queries.ts';
import { ask, post } from '../public-api.ts';
import { type RunningPrometheus, startPrometheus } from '../running-prometheus.ts';
import { withSystem } from './with-system.ts';

/** Queries that have nothing to show in a system that is well, and why. */
const withoutData: Readonly<Record<string, string>> = {
  'services: Alerts': 'nothing fires',
  'calls: Caches': 'no upstream of this repository has a cache',
  'services: Certificate: time left': 'the system speaks cleartext',
};

/** How Prometheus' API shows rules. */
interface Evaluated {
  readonly data: { readonly groups: readonly { readonly rules: readonly { name: string; health: string }[] }[] };
}

describeWith('promtool')('Prometheus beside npm start', () => {
  const system = withSystem();
  let prometheus: RunningPrometheus;
  let sending: NodeJS.Timeout;

  beforeAll(async () => {
    prometheus = await startPrometheus(system.running.replicas);
    let n = 0;
    sending = setInterval(() => void visit(n++).catch(() => {}), 20);
  }, 60_000);
  afterAll(async () => {
    clearInterval(sending);
    await prometheus?.stop();
  });

  /** A request of each kind in turn. */
  function visit(n: number) {
    const { url } = system.running;
    const paths = ['/api/hello?language=fr', '/api/greetings/de', '/api/visits?limit=1', '/api/hello?language=tlh'];
    return n % 5 === 4 ? post(url, '/api/visits', { name: 'Ada' }) : ask(url, paths[n % 5] as string);
  }

  it('finds every replica, and whose it is', async () => {
    const expected = system.running.replicas.map(({ service, operators }) => `${service} ${new URL(operators).host}`);
    const up = await eventually(async () => {
      const samples = await prometheus.query('up == 1');
      return samples.length === expected.length && samples;
    });
    expect(up.map(({ metric }) => `${metric.service} ${metric.instance}`).toSorted()).toEqual(expected.toSorted());
    const [info] = await prometheus.query('parley_service_info{service="hello"}');
    expect(Object.keys(info?.metric ?? {}).toSorted()).toEqual([
      '__name__',
      'instance',
      'job',
      'node',
      'service',
      'version',
    ]);
  });

  it('has data for every panel and every recorded rule', async () => {
    // So that the mark of a start has something to show.
    const pid = system.pidOf('guestbook-2') as number;
    process.kill(pid, 'SIGKILL');
    await system.served('guestbook-2', pid);
    const recorded = rules.flatMap(({ record }) => (record ? [{ where: record, expression: record }] : []));
    const expected = [...dashboardQueries, ...recorded].filter(({ where }) => !(where in withoutData));
    let missing = expected;
    await eventually(async () => {
      const counts = await Promise.all(missing.map(async (one) => (await prometheus.query(one.expression)).length));
      missing = missing.filter((_, at) => counts[at] === 0);
      return missing.length === 0;
    }, 1_500).catch(() => {});
    expect(missing.map(({ where, expression }) => `${where}: ${expression}`)).toEqual([]);
  });

  it('evaluates every rule, and none fires in a system that is well', async () => {
    const answer = (await (await fetch(`${prometheus.url}/api/v1/rules`)).json()) as Evaluated;
    const evaluated = answer.data.groups.flatMap((group) => group.rules);
    expect(evaluated).toHaveLength(rules.length);
    expect(evaluated.filter(({ health }) => health !== 'ok')).toEqual([]);
    for (const { expression } of ruleQueries) await prometheus.query(expression);
    // In so short a time a request or two decide about a budget.
    expect(await prometheus.query('ALERTS{alertstate="firing",alertname!~".*Budget.*"}')).toEqual([]);
    for (const where in withoutData) {
      const { expression } = dashboardQueries.find((query) => query.where === where) ?? {};
      // ReplicaDown is pending until the replica that was killed is scraped again.
      await eventually(async () => (await prometheus.query(expression as string)).length === 0);
    }
  });
});
