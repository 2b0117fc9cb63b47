import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources';

/** What is exported is from this service. */
export interface ExportedService {
  readonly serviceName: string;
  readonly serviceVersion?: string | undefined;
}

/** The resource of what is exported. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` go before the name and version that are given. */
export function serviceResource({ serviceName, serviceVersion }: ExportedService): Resource {
  return defaultResource()
    .merge(detectResources({ detectors: [serviceInstanceIdDetector] }))
    .merge(resourceFromAttributes({ 'service.name': serviceName, 'service.version': serviceVersion }))
    .merge(detectResources({ detectors: [envDetector] }));
}
