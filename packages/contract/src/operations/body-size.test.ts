import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { multipart } from '../bodies/form.ts';
import { bodySizeOf, largestBody } from './body-size.ts';
import { type BodyLimits, get, post } from './operation.ts';

const file = z.file().max(1000);
const formOf = (members: z.ZodRawShape, bodyLimits?: BodyLimits) =>
  post('/forms', { summary: '', input: multipart(z.object(members)), ...(bodyLimits && { bodyLimits }) });
const largest = (operation: Parameters<typeof bodySizeOf>[0]) => largestBody(bodySizeOf(operation), 128);

describe('the largest body of an operation', () => {
  it('is the limit of the contract', () => {
    expect(largest(post('/things', { summary: '', bodyLimits: { maxBytes: 10 } }))).toBe(10);
    expect(largest(formOf({ file }, { maxBytes: 10 }))).toBe(10);
  });

  it('is the standard where the contract has none', () => {
    expect(largest(get('/things', { summary: '' }))).toBe(128);
    expect(largest(post('/things', { summary: '', input: z.object({ name: z.string() }) }))).toBe(128);
    expect(largest(formOf({ name: z.string(), file: z.file() }))).toBe(128);
  });

  it('of a form has its files beside the standard', () => {
    expect(largest(formOf({ a: file, b: z.file().max(0.7) }))).toBe(1128);
    expect(largest(formOf({ files: z.array(file).max(3) }, { maxFiles: 2 }))).toBe(3128);
    expect(largest(formOf({ files: z.array(file) }))).toBe(10_128);
    expect(largest(formOf({ files: z.array(file) }, { maxFiles: 2 }))).toBe(2128);
  });
});
