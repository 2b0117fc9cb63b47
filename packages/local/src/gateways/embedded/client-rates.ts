import type { GatewayTable, TableOperation } from '../table/gateway-table.ts';
import { createRequestRate } from './request-rate.ts';

/** Bounds what each client sends: of all requests, and of those for an operation that has a limit of its own. */
export interface ClientRates {
  /** Counts a request. False where it is one too many. */
  take(network: string, operation: TableOperation | undefined): boolean;
}

/** The rates of a table. Scope: one per gateway. */
export function createClientRates({ clientLimits, operations }: GatewayTable): ClientRates {
  const ofAll = createRequestRate(clientLimits);
  const ofOperation = new Map(
    operations.flatMap((operation) => {
      const { requestsPerSecond, burst } = operation;
      if (requestsPerSecond === undefined || burst === undefined) return [];
      return [[operation, createRequestRate({ requestsPerSecond, burst })] as const];
    }),
  );
  return {
    take(network, operation) {
      if (!ofAll.take(network)) return false;
      const own = operation && ofOperation.get(operation);
      return own === undefined || own.take(network);
    },
  };
}
