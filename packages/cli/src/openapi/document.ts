import { isRecord } from '@parley/contract';
import { CliError } from '../cli-error.ts';
import { boundedReply } from '../text/bounded-reply.ts';
import { suggestion } from '../text/suggestion.ts';
import { foundOperations } from './found-operations.ts';
import type { JsonSchema, Root } from './json-check.ts';

/** A parameter of an operation, as OpenAPI describes it. */
export interface DocumentedParameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: JsonSchema;
}

/** Bodies by media type. */
export type DocumentedContent = Readonly<
  Record<string, { readonly schema?: JsonSchema; readonly itemSchema?: JsonSchema }>
>;

/** A response of an operation, as OpenAPI describes it. */
export interface DocumentedResponse {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: DocumentedContent;
}

/** One operation of a document, with its method and path. */
export interface DocumentedOperation {
  /** Its `operationId`, or else method and path: `GET /api/hello`. */
  readonly name: string;
  /** In lower case. */
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly parameters: readonly DocumentedParameter[];
  readonly requestBody: { readonly content?: DocumentedContent } | undefined;
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
  /** Whether its callers must identify themselves. */
  readonly isProtected: boolean;
  /** Names of the security schemes by which they may. */
  readonly schemes: readonly string[];
}

/** An OpenAPI document, as far as it is read here. */
export interface OpenApiDocument {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components?: Readonly<Record<string, unknown>>;
}

/** Whether a value is an OpenAPI document, as far as it is read here: an object with paths. */
export function isOpenApiDocument(value: unknown): value is OpenApiDocument {
  return isRecord(value) && isRecord(value.paths);
}

const timeoutMs = 2_000;
/** A document of a thousand operations is smaller. */
const maxDocumentBytes = 64 * 1024 * 1024;

/**
 * Reads a service's OpenAPI document from the first of its addresses that answers.
 *
 * @throws CliError where none answers, or there is no document
 */
export async function readDocument(service: string, addresses: readonly string[]): Promise<OpenApiDocument> {
  let failure = 'no address';
  for (const address of addresses) {
    const url = `${address.replace(/\/$/, '')}/openapi.json`;
    try {
      const response = await fetch(url, {
        signal: AbortSignal.timeout(timeoutMs),
        headers: { accept: 'application/json' },
      });
      const text = response.ok ? await boundedReply(response, maxDocumentBytes) : '';
      if (text === undefined) {
        failure = `${url} answered more than 64 MiB`;
        continue;
      }
      const document: unknown = response.ok ? JSON.parse(text) : undefined;
      if (isOpenApiDocument(document)) return document;
      failure = `${url} answered ${response.status} without one`;
    } catch (error) {
      const { name, cause, message } = error as Error & { cause?: { code?: string } };
      failure = `${url} failed (${name === 'TimeoutError' ? `no answer in ${timeoutMs} ms` : (cause?.code ?? message)})`;
    }
  }
  throw new CliError(
    'failed',
    `${service}: expected its OpenAPI document at /openapi.json, but ${failure}: ` +
      'name the address of the service itself with --url (a gateway may not lead to the document)',
  );
}

/** All operations of a document, in its order. */
export function operationsOf(document: OpenApiDocument): readonly DocumentedOperation[] {
  return foundOperations(document as Root).map(({ name, method, path, parameters, json }) => {
    const {
      summary = '',
      requestBody,
      responses = {},
      security = [],
    } = json as Partial<DocumentedOperation> & {
      readonly security?: readonly unknown[];
    };
    return {
      ...{ name, method, path, summary, requestBody, responses },
      parameters: parameters as readonly DocumentedParameter[],
      isProtected: security.length > 0,
      schemes: security.filter(isRecord).flatMap((one) => Object.keys(one)),
    };
  });
}

/** The operation of that name. @throws CliError where there is none; it suggests a near one */
export function operationNamed(name: string, service: string, document: OpenApiDocument): DocumentedOperation {
  const operations = operationsOf(document);
  const found = operations.find((operation) => operation.name === name);
  if (found) return found;
  const names = operations.map((operation) => operation.name);
  throw new CliError('usage', `expected an operation of ${service}, got "${name}"${suggestion(name, names)}`);
}
