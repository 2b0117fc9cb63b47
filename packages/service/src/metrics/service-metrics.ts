import { X509Certificate } from 'node:crypto';
import type { Contract, MetricFamily } from '@parley/contract';
import type { ServiceListener, ServiceLoad } from '../telemetry/service-events.ts';
import { processMetrics } from './process-metrics.ts';
import { MetricsRegistry, type Reading } from './registry.ts';
import { RequestMetrics } from './request-metrics.ts';
import { UpstreamMetrics } from './upstream-metrics.ts';

/** What the metrics say of the service itself. */
export interface MeteredService {
  readonly contract: Contract;
  /** Of its API. */
  readonly version: string;
  readonly isDraining: () => boolean;
  /** The certificate that it shows to callers, as PEM; none where it serves cleartext. */
  readonly certificatePem: () => string | undefined;
}

/** All metrics of one service: of the requests that it serves, the calls that it makes, and its process. */
export class ServiceMetrics {
  readonly #registry = new MetricsRegistry();
  readonly #upstreams: UpstreamMetrics;
  readonly #stopProcess: () => void;
  readonly #requests: RequestMetrics;

  constructor({ contract, version, isDraining, certificatePem }: MeteredService) {
    const { name, operations } = contract;
    const info = { name: 'parley_service_info', help: 'The service.', labels: ['service', 'version', 'node'] };
    this.#registry.observed('gauge', info, () => [{ labels: [name, version, process.versions.node], value: 1 }]);
    const draining = { name: 'parley_server_draining', help: '1 while the service stops.' };
    this.#registry.observed('gauge', draining, () => [{ labels: [], value: isDraining() ? 1 : 0 }]);
    const certificate = {
      name: 'parley_server_certificate_expiry_timestamp_seconds',
      help: 'When the certificate for callers ends, in seconds since 1970.',
    };
    this.#registry.observed('gauge', certificate, () => expiryOf(certificatePem()));
    this.#requests = new RequestMetrics(this.#registry, Object.values(operations));
    this.#upstreams = new UpstreamMetrics(this.#registry);
    this.#stopProcess = processMetrics(this.#registry);
  }

  /** Counts the service's requests. */
  get listener(): ServiceListener {
    return this.#requests;
  }

  /** How many requests the service works on, once its app has been made. */
  get load(): ServiceLoad {
    return this.#requests.load;
  }

  /** All of it, as Prometheus reads it. */
  render(format: Parameters<MetricsRegistry['render']>[0]): string {
    return this.#registry.render(format);
  }

  /** All of it as data, with the values as they are now. */
  families(): readonly MetricFamily[] {
    return this.#registry.families();
  }

  /** Measures no more. */
  close(): void {
    this.#upstreams.close();
    this.#stopProcess();
  }
}

function expiryOf(pem: string | undefined): Reading[] {
  return pem === undefined ? [] : [{ labels: [], value: Date.parse(new X509Certificate(pem).validTo) / 1000 }];
}
