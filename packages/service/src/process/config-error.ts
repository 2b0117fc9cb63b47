import { configMistake } from '@parley/contract';

/**
 * Says in one sentence why a service cannot start: what was expected, what came, what to do. Printed without
 * a stack, since it is for the person that starts the service.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    configMistake(this);
  }
}
