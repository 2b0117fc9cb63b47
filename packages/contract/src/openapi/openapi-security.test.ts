import { describe, expect, it } from '@jest/globals';
import { defineContract } from '../contract.ts';
import { get, post } from '../operations/operation.ts';
import { openapi } from './openapi.ts';

const look = get('/things', { summary: 'Looks' });
const sync = post('/sync', { summary: 'Syncs', auth: 'service' });
const add = post('/things', { summary: 'Adds', auth: { scopes: ['things:write', 'things:read'] } });

describe('openapi', () => {
  it('has no security where every caller may call', () => {
    const text = JSON.stringify(openapi(defineContract('things', { look })));
    expect(text).not.toMatch(/security/i);
  });

  it('says per operation by what a caller proves itself', () => {
    expect(openapi(defineContract('things', { look, sync, add }))).toMatchObject({
      paths: {
        '/things': {
          get: expect.not.objectContaining({ security: expect.anything() }),
          post: { security: [{ token: ['things:write', 'things:read'] }] },
        },
        '/sync': { post: { security: [{ certificate: [] }, { token: [] }] } },
      },
      components: {
        schemas: { Problem: expect.anything() },
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          certificate: { type: 'mutualTLS' },
        },
      },
    });
  });

  it('names no certificate where none will do', () => {
    const { components } = openapi(defineContract('things', { add })) as { components: { securitySchemes: object } };
    expect(Object.keys(components.securitySchemes)).toEqual(['token']);
  });
});
