import { type Contract, cacheControl, get, jsonSchemaOf, openapi, problemMediaType } from '@parley/contract';
import type { RequestHandler } from 'express';
import type { ErrorMapping } from './error-mapping.ts';

/** Where an app's own description is found. Not part of the contract that it describes. */
export const openapiOperation = get('/openapi.json', { summary: 'This API as an OpenAPI document' });

/** What an OpenAPI document tells beyond the contract. */
export interface DocumentOptions {
  /** Of the API. Default `1.0.0`. */
  readonly version?: string | undefined;
  /** The form of errors for callers that know no problems. Default: there is none. */
  readonly errors?: ErrorMapping | undefined;
}

/** The OpenAPI document of a contract, as its service gives it. */
export function documentOf(contract: Contract, { version, errors }: DocumentOptions = {}): object {
  return errors ? withErrorBody(openapi(contract, version), errors) : openapi(contract, version);
}

/** Serves the OpenAPI document of a contract, built once. */
export function openapiDocument(contract: Contract, options: DocumentOptions = {}): RequestHandler {
  const document = documentOf(contract, options);
  return function openapiDocument(_req, res) {
    res.set('Cache-Control', cacheControl(openapiOperation)).json(document);
  };
}

/** A document in which each problem may come in another form too. */
function withErrorBody(document: object, { body }: ErrorMapping): object {
  const other = { 'application/json': { schema: body ? jsonSchemaOf(body, 'output') : {} } };
  const isContent = (value: unknown) => typeof value === 'object' && value !== null && problemMediaType in value;
  return JSON.parse(JSON.stringify(document, (_name, value) => (isContent(value) ? { ...value, ...other } : value)));
}
