import type { Rules } from './rule.ts';
import { containmentRules } from './rules/containment.ts';
import { addressRules, resolverRules } from './rules/discovery.ts';
import { exposureRules } from './rules/exposure.ts';
import { headerRules } from './rules/headers.ts';
import { keepAliveRules } from './rules/keep-alive.ts';
import { limitRules } from './rules/limits.ts';
import { retryRules } from './rules/retries.ts';
import { routeRules } from './rules/routes.ts';
import { sizeRules } from './rules/sizes.ts';
import { stoppingRules } from './rules/stopping.ts';
import { timeoutRules } from './rules/timeouts.ts';
import { trapRules } from './rules/traps.ts';

/** Every rule of the check, by name. A topic is a file in `rules/`, and a line here. */
export const wiringRules: Rules = {
  ...keepAliveRules,
  ...sizeRules,
  ...retryRules,
  ...timeoutRules,
  ...stoppingRules,
  ...resolverRules,
  ...addressRules,
  ...routeRules,
  ...limitRules,
  ...headerRules,
  ...trapRules,
  ...exposureRules,
  ...containmentRules,
};
