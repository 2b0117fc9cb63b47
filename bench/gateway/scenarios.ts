import { mainScenario, type Scenario, scenarioNamed } from '../service/scenarios.ts';

/** What is asked through every way. */
export const scenarios: readonly Scenario[] = [
  scenarioNamed(mainScenario),
  { ...scenarioNamed(mainScenario), name: 'small-1', title: 'small GET, one at a time', connections: 1 },
];
