import { describe, expect, it } from '@jest/globals';
import { defineContract } from '../contract.ts';
import { get, post } from '../operations/operation.ts';
import { openapi } from './openapi.ts';

const look = get('/things', { summary: 'Looks' });
const sync = post('/sync', { summary: 'Syncs', auth: 'service' });
const add = post('/things', { summary: 'Adds', auth: { scopes: ['things:write', 'things:read'] } });

describe('openapi', () => {
  it('says that everybody may call, unless an operation says otherwise', () => {
    const { security, components, paths } = openapi(defineContract('things', { look }));
    expect(security).toEqual([]);
    expect(JSON.stringify([components, paths])).not.toMatch(/security/i);
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
