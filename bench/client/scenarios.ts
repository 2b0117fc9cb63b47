/** What is asked of the server. */
export type Exchange = 'small' | 'large' | 'post';

/** How it is asked. */
export type Protocol = 'http1' | 'http1-tls' | 'http2-tls';

/** One way of calling, the same for every contender. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly exchange: Exchange;
  readonly protocol: Protocol;
  /** Calls that are under way at any time. */
  readonly inFlight: number;
  readonly endpoints: number;
}

const scenario = (
  name: string,
  title: string,
  exchange: Exchange,
  inFlight: number,
  protocol: Protocol = 'http1',
  endpoints = 1,
): Scenario => ({ name, title, exchange, protocol, inFlight, endpoints });

/** The scenario that the targets are set for. */
export const mainScenario = 'small-50';

/** What every contender does. */
export const scenarios: readonly Scenario[] = [
  scenario('small-1', 'small GET, 1 in flight', 'small', 1),
  scenario(mainScenario, 'small GET, 50 in flight', 'small', 50),
  scenario('small-500', 'small GET, 500 in flight', 'small', 500),
  scenario('large-50', '16 KiB GET, 50 in flight', 'large', 50),
  scenario('post-50', 'POST 1 KiB, 50 in flight', 'post', 50),
  scenario('small-50-tls', 'small GET, 50 in flight, HTTP/1.1 over TLS', 'small', 50, 'http1-tls'),
  scenario('small-50-http2', 'small GET, 50 in flight, HTTP/2 over TLS', 'small', 50, 'http2-tls'),
];

/** What clients do that know several endpoints. */
export const endpointScenarios: readonly Scenario[] = [1, 10, 100, 1000].map((endpoints) =>
  scenario(
    `endpoints-${endpoints}`,
    `small GET, 50 in flight, ${endpoints} endpoints`,
    'small',
    50,
    'http1',
    endpoints,
  ),
);

/** Candidates that know several servers. */
export const knowingSeveral: readonly string[] = ['@parley/client', 'undici.request'];

/** A scenario by its name. @throws TypeError where there is none of that name */
export function scenarioNamed(name: string): Scenario {
  const found = [...scenarios, ...endpointScenarios].find((scenario) => scenario.name === name);
  if (!found) throw new TypeError(`no scenario ${name}`);
  return found;
}
