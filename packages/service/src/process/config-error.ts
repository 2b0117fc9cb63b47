/**
 * Says in one sentence why a service cannot start: what was expected, what came, what to do. Meant for
 * whoever starts it, so it is printed without a stack.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
