import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import type { Signal } from '../environment.ts';

const paths: Readonly<Record<Signal, string>> = { TRACES: 'v1/traces', METRICS: 'v1/metrics' };

/** How an exporter sends: the SDK's own reading of `OTEL_EXPORTER_OTLP_…`, certificates included. */
export type ExporterConfiguration = ReturnType<typeof convertLegacyHttpOptions>;

/**
 * The connections of one exporter, which the exporter itself never closes: an answer that never ends would keep the process alive.
 * The SDK makes the agent: with one of ours, `OTEL_EXPORTER_OTLP_CERTIFICATE` would have no effect.
 *
 * Scope: exporter.
 */
export class CollectorConnections {
  /** For the exporter. */
  readonly configuration: ExporterConfiguration;
  #agent: Agent | undefined;
  #isClosed = false;

  constructor(signal: Signal) {
    const headers = { 'Content-Type': 'application/x-protobuf' };
    const configuration = convertLegacyHttpOptions({}, signal, paths[signal], headers);
    const agentFactory: ExporterConfiguration['agentFactory'] = async (protocol) => {
      this.#agent = (await configuration.agentFactory(protocol)) as Agent;
      if (this.#isClosed) refuseConnections(this.#agent);
      return this.#agent;
    };
    this.configuration = { ...configuration, agentFactory };
  }

  /** Ends all requests, and opens no more connections. */
  close(): void {
    this.#isClosed = true;
    if (!this.#agent) return;
    refuseConnections(this.#agent);
    for (const socket of socketsOf(this.#agent)) socket.destroy(closed());
  }
}

function refuseConnections(agent: Agent): void {
  agent.createConnection = (_options, done) => {
    done?.(closed(), undefined as unknown as Socket);
    return undefined;
  };
}

function socketsOf({ sockets, freeSockets }: Agent): readonly Socket[] {
  return [...Object.values(sockets), ...Object.values(freeSockets)].flatMap((some) => some ?? []);
}

/** Without a code: the exporter tries again after ECONNRESET, and its timer would keep the process alive too. */
function closed(): Error {
  return new Error('the exporter is closed');
}
