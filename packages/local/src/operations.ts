import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { mappingOf } from './wiring/mapping.ts';

/** One operation that a service says it has. */
export interface Operation {
  readonly service: string;
  /** Its name in the contract; none where the document has none. */
  readonly name?: string | undefined;
  /** `GET` */
  readonly method: string;
  /** A template such as `/orders/{id}`. */
  readonly path: string;
  readonly summary: string;
  /** Whether it needs parameters or a body. */
  readonly needsInput: boolean;
}

const timeoutMs = 2_000;
const methods = new Set(['get', 'post', 'put', 'patch', 'delete']);

/** The operations of a service, from its `/openapi.json`; undefined where it has no such document. */
export async function operationsOf(service: string, address: string): Promise<readonly Operation[] | undefined> {
  const document = await documentAt(`http://${address}/openapi.json`).catch(() => undefined);
  const paths = mappingOf(mappingOf(document)?.paths);
  if (!paths) return undefined;
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(mappingOf(item) ?? {}).flatMap(([method, entry]) => {
      if (!methods.has(method)) return [];
      const { operationId, summary, parameters, requestBody } = mappingOf(entry) ?? {};
      const isRequired = (parameter: unknown) => mappingOf(parameter)?.required === true;
      const needsInput = requestBody !== undefined || (Array.isArray(parameters) && parameters.some(isRequired));
      const name = typeof operationId === 'string' ? operationId : undefined;
      return [{ service, name, method: method.toUpperCase(), path, summary: String(summary ?? ''), needsInput }];
    }),
  );
}

/** The operations of several services, by service. Each is asked at the first of its addresses; without a document it has none. */
export async function readOperations(
  services: readonly string[],
  addresses: ReadonlyMap<string, readonly string[]>,
): Promise<ReadonlyMap<string, readonly Operation[]>> {
  const read = [...new Set(services)].map(
    async (name) => [name, (await operationsOf(name, addresses.get(name)?.[0] ?? '')) ?? []] as const,
  );
  return new Map(await Promise.all(read));
}

function documentAt(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // No agent: a kept connection would have to be waited for when the replica drains.
    const request = get(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) });
    request.on('response', (response) => {
      if (response.statusCode === 200) text(response).then(JSON.parse).then(resolve, reject);
      else
        response
          .resume()
          .on('end', () => resolve(undefined))
          .on('error', reject);
    });
    request.on('error', reject);
  });
}
