import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../source-files.ts';

/** A query of a dashboard or a rule. */
export interface Query {
  /** Where it is: `services: Latency, p50 and p99` or `causes.yml: CircuitOpen`. */
  readonly where: string;
  readonly expression: string;
}

/** A rule of Prometheus. */
export interface Rule {
  readonly file: string;
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The folder that Prometheus has as `/etc/prometheus`. */
export const prometheusFolder = join(root, 'observability/prometheus');
const dashboards = join(root, 'observability/grafana/dashboards');

const yamlIn = (folder: string) =>
  readdirSync(join(prometheusFolder, folder)).map((file) => ({
    file,
    content: parse(readFileSync(join(prometheusFolder, folder, file), 'utf8')),
  }));

/** All rules, as they are in their files. */
export const rules: readonly Rule[] = yamlIn('rules').flatMap(({ file, content }) =>
  content.groups.flatMap((group: { rules: Omit<Rule, 'file'>[] }) => group.rules.map((rule) => ({ file, ...rule }))),
);

/** Tests of `promtool test rules`: alerts with what they expect. */
export const ruleTests: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[] = yamlIn(
  'tests',
).flatMap(({ content }) => content.tests.flatMap((test: { alert_rule_test: [] }) => test.alert_rule_test));

/** A panel of a dashboard. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

/** A dashboard of Grafana. */
export interface Dashboard {
  readonly file: string;
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition: string }[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
}

/** All dashboards. */
export const boards: readonly Dashboard[] = readdirSync(dashboards).map((file) => ({
  file,
  ...JSON.parse(readFileSync(join(dashboards, file), 'utf8')),
}));

/** A query of a dashboard as Grafana sends it, with all services and upstreams chosen. */
const asSent = (expression: string) =>
  expression.replaceAll('$__rate_interval', '1m').replaceAll(/\$(?:service|upstream)\b/g, '.*');

/** All queries of the dashboards: panels, the choices of their variables, annotations. */
export const dashboardQueries: readonly Query[] = boards.flatMap(({ file, panels, templating, annotations }) => {
  const name = file.replace('.json', '');
  const query = (what: string, expression: string) => ({ where: `${name}: ${what}`, expression: asSent(expression) });
  return [
    ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => query(title, expr))),
    ...annotations.list.map((one) => query(one.name, one.expr)),
    ...templating.list.map((one) =>
      query(`$${one.name}`, /label_values\((.*), \w+\)$/.exec(one.definition)?.[1] ?? ''),
    ),
  ];
});

/** The expressions of all rules. */
export const ruleQueries: readonly Query[] = rules.map(({ file, alert, record, expr }) => ({
  where: `${file}: ${alert ?? record}`,
  expression: expr,
}));
