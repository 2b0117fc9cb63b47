// What `#options` is on Node: the checks of options, for callers without types.
export { callOptions } from './call-options.ts';
export { operationDefaults } from './operation-options.ts';
