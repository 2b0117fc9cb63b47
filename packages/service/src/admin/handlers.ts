import { acts } from './acts.ts';
import type { AdminHandlers, AdministeredService } from './administered-service.ts';
import { readings } from './readings.ts';

/** Serves the admin API of one service. */
export function adminHandlers(service: AdministeredService): AdminHandlers {
  return { ...readings(service), ...acts(service) };
}
