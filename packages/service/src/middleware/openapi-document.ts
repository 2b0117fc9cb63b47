import { type Contract, cacheControl, get, openapi } from '@parley/contract';
import type { RequestHandler } from 'express';

/** Where an app's own description is found. Not part of the contract that it describes. */
export const openapiOperation = get('/openapi.json', { summary: 'This API as an OpenAPI document' });

/** Serves the OpenAPI document of a contract, built once. */
export function openapiDocument(contract: Contract, version: string | undefined): RequestHandler {
  const document = openapi(contract, version);
  return function openapiDocument(_req, res) {
    res.set('Cache-Control', cacheControl(openapiOperation)).json(document);
  };
}
