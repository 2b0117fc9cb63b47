import { mainScenario, type Scenario, scenarioNamed } from '../service/scenarios.ts';

/** A greeting in French: gateway → hello → greetings. The second asks the third for its words. */
const greeting = { ...scenarioNamed(mainScenario), path: '/api/hello?name=Ada&language=fr' };

/** What is asked before anything counts. */
export const warmUp: Scenario = greeting;

/** What is asked of every stack. */
export const scenarios: readonly Scenario[] = [
  { ...greeting, title: '50 connections' },
  { ...greeting, name: 'small-10', title: '10 connections', connections: 10 },
  { ...greeting, name: 'small-1', title: 'one at a time', connections: 1 },
];
