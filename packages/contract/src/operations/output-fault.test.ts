import { describe, expect, it } from '@jest/globals';
import * as v from 'valibot';
import { z } from 'zod';
import { defineError } from '../errors/defined-error.ts';
import type { Schema } from '../schemas/schema.ts';
import { stream } from '../streams/stream.ts';
import { get } from './operation.ts';
import { outputFault } from './output-fault.ts';

const summary = 's';
const fault = (output: Schema) => outputFault(get('/x', { summary, output }));
const epoch = z.codec(z.number(), z.date(), { decode: (ms) => new Date(ms), encode: (date) => date.getTime() });
const iso = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

describe('the fault of an output', () => {
  it('is none where clients get what the handler gives', () => {
    for (const at of [z.string(), z.coerce.date(), iso, z.string().transform((text) => new Date(text)), z.unknown()]) {
      expect(fault(z.object({ at }))).toBeUndefined();
    }
  });

  it.each<[Schema, string]>([
    [z.object({ at: z.date() }), 'has an output in which at is a date, which arrives as a string'],
    [z.object({ n: z.coerce.bigint() }), 'has an output in which n is a bigint, which JSON cannot hold'],
    [z.object({ n: z.set(z.string()) }), 'has an output in which n is a set, which JSON cannot hold'],
    [z.object({ at: epoch }), 'has an output that no client could read: at comes out as string, and goes in as number'],
    [
      z.array(z.string().pipe(z.coerce.number())),
      'has an output that no client could read: * comes out as number, and goes in as string',
    ],
    [stream(z.object({ at: z.date() }), { as: 'sse' }), 'has a stream of items in which at is a date'],
    [v.object({}), 'has an output whose schema of valibot has no JSON Schema'],
  ])('is refused with a sentence: %#', (output, sentence) => {
    expect(fault(output)).toContain(sentence);
  });

  it('is one of the data of an error, and of a header', () => {
    const late = defineError('late', { status: 409, title: 'Late', data: z.object({ since: z.date() }) });
    expect(outputFault(get('/x', { summary, errors: [late] }))).toContain(
      'has the error late with data in which since is a date',
    );
    const output = z.object({ at: z.date(), list: z.array(z.string()) });
    expect(outputFault(get('/x', { summary, output, responseHeaders: { at: 'X-At' } }))).toBeUndefined();
    expect(outputFault(get('/x', { summary, output, responseHeaders: { at: 'X-At', list: 'X-L' } }))).toContain(
      'has the header member list, which may be a list',
    );
  });
});
