import type { MetricFamily } from '@parley/contract';

/** Metrics of OpenTelemetry's HTTP conventions, by their names in Prometheus. */
const conventional: ReadonlyMap<string, string> = new Map([
  ['http_server_request_duration_seconds', 'http.server.request.duration'],
  ['http_client_request_duration_seconds', 'http.client.request.duration'],
]);

/** Attributes of the same conventions. Labels of other metrics are attributes as they are. */
const attributes: ReadonlyMap<string, string> = new Map([
  ['http_request_method', 'http.request.method'],
  ['http_response_status_code', 'http.response.status_code'],
  ['http_route', 'http.route'],
  ['url_scheme', 'url.scheme'],
  ['url_template', 'url.template'],
  ['server_address', 'server.address'],
  ['error_type', 'error.type'],
]);

const units: readonly (readonly [suffix: string, unit: string])[] = [
  ['_seconds', 's'],
  ['_bytes', 'By'],
];

/** What a metric is called in OTLP. */
export interface OtlpName {
  readonly name: string;
  /** In UCUM; empty where it has none. */
  readonly unit: string;
}

/**
 * The name of a metric in OTLP, where unit and `_total` are no part of it: what turns OTLP into Prometheus adds them, and gives
 * the names of `/metrics` again. Those of the HTTP conventions have the names that these give them.
 */
export function otlpName({ name, type }: Pick<MetricFamily, 'name' | 'type'>): OtlpName {
  const counted = type === 'counter' ? name.replace(/_total$/, '') : name;
  const [suffix = '', unit = ''] = units.find(([ending]) => counted.endsWith(ending)) ?? [];
  return { name: conventional.get(name) ?? counted.slice(0, counted.length - suffix.length), unit };
}

/** A label in OTLP. The conventions have statuses as numbers; all other values are texts. */
export function otlpAttribute(label: string, value: string): readonly [name: string, value: string | number] {
  const name = attributes.get(label) ?? label;
  return [name, name === 'http.response.status_code' ? Number(value) : value];
}
