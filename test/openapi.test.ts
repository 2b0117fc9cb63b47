import { describe, expect, it } from '@jest/globals';
import { documents } from './openapi-documents.ts';

interface Responses {
  readonly [status: string]: { readonly description?: string; readonly $ref?: string };
}

/** Part of what the linters of `.ci/run` look at: this needs no installation. */
describe.each(documents)('the OpenAPI document of %s', (_name, document) => {
  const text = JSON.stringify(document);

  it('says what it is for, where it is served, who may call and who answers for it', () => {
    expect(document).toMatchObject({
      info: { description: expect.any(String), contact: { name: 'Parley' }, license: { identifier: 'MIT' } },
      servers: [{ url: '/' }],
      security: expect.any(Array),
    });
  });

  it('has a schema at each reference', () => {
    for (const [, ref = ''] of text.matchAll(/"\$ref":"([^"]*)"/g)) {
      const found = ref
        .split('/')
        .slice(1)
        .reduce<unknown>((value, step) => (value as Record<string, unknown>)?.[step], document);
      expect([ref, found]).toEqual([ref, expect.any(Object)]);
    }
  });

  it('has every status with its codes', () => {
    const paths = document.paths as Record<string, Record<string, { responses: Responses; description: string }>>;
    for (const { responses, description } of Object.values(paths).flatMap((path) => Object.values(path))) {
      expect(description).toMatch(/\.$/);
      for (const status of ['400', '429', '500', '502', '503', '504']) expect(responses).toHaveProperty(status);
      for (const [status, response] of Object.entries(responses)) {
        if (Number(status) >= 400) expect(response.description).toMatch(/\(`[a-z_]+`\)/);
      }
    }
  });

  it('has no pattern that other languages cannot read', () => {
    const patterns = [...text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
      ([, one = '']) => JSON.parse(one) as string,
    );
    for (const pattern of patterns) expect(pattern).not.toMatch(/\\[pPk]|\\u\{|\(\?</);
  });
});
