import { mainScenario, type Scenario, scenarioNamed } from '../service/scenarios.ts';

/** What is asked through every way. Each connection is a client of its own, so that the limits of a client hold and refuse nothing. */
export const scenarios: readonly Scenario[] = [
  { ...scenarioNamed(mainScenario), isFromManyClients: true },
  { ...scenarioNamed(mainScenario), name: 'small-1', title: 'small GET, one at a time', connections: 1 },
];
