import { afterAll, describe, expect, it } from '@jest/globals';
import { createClient, createUpstream } from '@parley/client';
import {
  type Contract,
  defineContract,
  form,
  get,
  isCallError,
  multipart,
  type Operation,
  post,
  type Schema,
  validate,
} from '@parley/contract';
import { type StartedService, startService } from '@parley/service/testing';
import fc from 'fast-check';
import {
  type Kind,
  type Library,
  listsOf,
  type Member,
  noJson,
  noTexts,
  objectOf,
  type Presence,
  scalars,
  textLists,
  texts,
} from './round-trip-members.ts';

/** Calls of each operation; `npm run test:fuzz` makes 1000. */
const calls = Math.ceil(Number(process.env.FUZZ_REQUESTS || 2000) / 100);
const seed = Number(process.env.FUZZ_SEED || Date.now() % 1_000_000_000);
const summary = 's';
const manyFields = { maxValues: 2000 };
const presences: readonly Presence[] = ['required', 'optional', 'default'];

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

/** One member of each of these kinds in each presence. */
function membersOf(library: Library, kinds: readonly Kind[], which = presences): Record<string, Member> {
  const usable = kinds.filter((kind) => library === 'zod' || kind.valibot);
  const members = usable.flatMap((kind) =>
    which.map((presence) => {
      const fallback = presence === 'default' ? fc.sample(kind.values, { numRuns: 1, seed })[0] : undefined;
      return [`${kind.name} ${presence}`.replaceAll(' ', '_'), { kind, presence, fallback }] as const;
    }),
  );
  return Object.fromEntries(members);
}

/** Texts that a header can hold. */
const inHeaders = scalars.concat(texts).map((kind) => ({
  ...kind,
  values: kind.values.filter((value) => typeof value !== 'string' || /^(?:[!-~\x80-\xff]+(?: [!-~]+)*)?$/.test(value)),
}));
const inPaths = scalars.concat(texts).map((kind) => ({
  ...kind,
  values: kind.values.filter((value) => typeof value !== 'string' || !/^$|(?:^|\/)\.{1,2}(?:\/|$)/.test(value)),
}));

/** JSON.stringify writes 0 for -0. */
const inBodies = scalars.concat(listsOf).map((kind) => ({
  ...kind,
  values: kind.values.filter((value) => ![value].flat().some((one) => Object.is(one, -0))),
}));
/** A client puts what comes out of an output's schema into it again. */
const isOutput = ({ name }: Kind) => !['stringbool', 'text made a number', 'preprocessed'].includes(name);

interface Tried {
  readonly operation: Operation;
  readonly members: Readonly<Record<string, Member>>;
}

function operationsOf(library: Library): Record<string, Tried> {
  const path = membersOf(library, inPaths, ['required']);
  const headers = membersOf(library, inHeaders);
  const template = `/x/${Object.keys(path)
    .map((name) => `{${name}}`)
    .join('/')}`;
  const binding = (names: string[]) => Object.fromEntries(names.map((name, index) => [name, `X-M-${index}`]));
  const query = membersOf(library, [...scalars, ...texts, ...listsOf, ...textLists]);
  const json = membersOf(library, inBodies);
  const output = membersOf(library, inBodies.filter(isOutput));
  const outputHeaders = membersOf(library, inHeaders.filter(isOutput));
  const input = (members: Record<string, Member>) => objectOf(library, members) as Schema<object>;
  return {
    inPath: { members: path, operation: get(template, { summary, input: input(path) }) },
    inQuery: { members: query, operation: get('/query', { summary, input: input(query) }) },
    inHeaders: {
      members: headers,
      operation: get('/headers', {
        summary,
        input: input(headers),
        requestHeaders: binding(Object.keys(headers)) as object,
      }),
    },
    inBody: { members: json, operation: post('/body', { summary, input: input(json) }) },
    inForm: {
      members: query,
      operation: post('/form', { summary, input: form(input(query)), bodyLimits: manyFields }),
    },
    inMultipart: {
      members: query,
      operation: post('/multipart', { summary, input: multipart(input(query)), bodyLimits: manyFields }),
    },
    outInBody: { members: output, operation: get('/out/body', { summary, output: input(output) }) },
    outInHeaders: {
      members: outputHeaders,
      operation: get('/out/headers', {
        summary,
        output: input(outputHeaders),
        responseHeaders: binding(Object.keys(outputHeaders)) as object,
      }),
    },
  };
}

/** Inputs of these members: all that must be there, and some of the others. */
function inputsOf(members: Readonly<Record<string, Member>>): fc.Arbitrary<Record<string, unknown>> {
  const required = Object.entries(members)
    .filter(([, { presence }]) => presence === 'required')
    .map(([name]) => name);
  const values = Object.entries(members).map(([name, { kind }]) => [name, kind.values] as const);
  return fc.record(Object.fromEntries(values), { requiredKeys: required }) as fc.Arbitrary<Record<string, unknown>>;
}

async function start(contract: Contract, handlers: object): Promise<StartedService> {
  const service = await startService(
    contract,
    handlers as never,
    { maxQueryParameters: 2000, maxInFlight: Number.POSITIVE_INFINITY } as never,
  );
  closing.push(() => service.stop());
  return service;
}

describe.each(['zod', 'valibot'] as const)('a contract of %s', (library) => {
  describe.each(['1.1', '2'] as const)('over HTTP/%s', (http) => {
    const tried = operationsOf(library);
    let seen: unknown;
    let reply: unknown;
    const contract = defineContract(
      'round-trip',
      Object.fromEntries(Object.entries(tried).map(([name, { operation }]) => [name, operation])),
    );
    const handlers = Object.fromEntries(
      Object.keys(tried).map((name) => [
        name,
        async (input: unknown) => {
          seen = input;
          return reply;
        },
      ]),
    );
    const served = start(contract, handlers);
    const called = served.then(({ url }) => {
      // What is given and got is the question here, not how long a busy machine takes over it.
      const patient = { callTimeoutMs: 60_000, attemptTimeoutMs: 30_000 };
      const upstream = createUpstream('round-trip', url, { http, ...patient } as never);
      closing.push(() => upstream.close());
      return createClient(contract, upstream) as unknown as Record<string, (input: object) => Promise<unknown>>;
    });

    it.each(Object.keys(tried))(
      'gives the other side what was given: %s',
      async (name) => {
        const { operation, members } = tried[name] as Tried;
        const client = await called;
        const property = fc.asyncProperty(inputsOf(members), async (given) => {
          const local = await validate((operation.input ?? operation.output) as Schema, given);
          if (local.issues) throw new Error(JSON.stringify(local.issues));
          reply = given;
          const output = await client[name]?.(operation.input ? given : {});
          expect(operation.input ? seen : output).toEqual(local.value);
        });
        await fc.assert(property, { numRuns: calls, seed, endOnFailure: true });
      },
      120_000,
    );
  });

  it.each(noTexts.map((kind) => [kind.name, kind] as const))(
    'has no place for this outside of a body: %s',
    (_, kind) => {
      for (const presence of presences) {
        const input = objectOf(library, {
          it: { kind, presence, fallback: fc.sample(kind.values, 1)[0] },
        }) as Schema<object>;
        expect(() => defineContract('x', { find: get('/x', { summary, input }) })).toThrow(
          /^contract x: find has the query member it, which .{20,}/,
        );
        expect(() =>
          defineContract('x', { find: get('/x', { summary, input, requestHeaders: { it: 'X-It' } as object }) }),
        ).toThrow(/has the header member it, which .{20,}/);
      }
    },
  );

  it.each(noJson.map((kind) => [kind.name, kind] as const))('has no place for this in a body: %s', (_, kind) => {
    const schema = objectOf(library, { it: { kind, presence: 'required' } }) as Schema<object>;
    expect(() => defineContract('x', { add: post('/x', { summary, input: schema }) })).toThrow(
      /^contract x: add has a body in which it\S* is a \w+, which .{10,}/,
    );
    expect(() => defineContract('x', { add: post('/x', { summary, output: schema }) })).toThrow(
      /^contract x: add has an output in which it\S* is a \w+, which .{10,}/,
    );
  });
});

describe('a text that changes on the way', () => {
  const any = objectOf('zod', {
    id: { kind: scalars[0] as Kind, presence: 'required' },
    q: { kind: scalars[0] as Kind, presence: 'optional' },
    h: { kind: scalars[0] as Kind, presence: 'optional' },
  }) as Schema<object>;
  const contract = defineContract('texts', {
    find: get('/x/{id}' as string, { summary, input: any, requestHeaders: { h: 'X-H' } as object }),
  });

  it('is refused before it is sent, and arrives as it was otherwise', async () => {
    let seen: unknown;
    const service = await start(contract, {
      find: async (input: unknown) => {
        seen = input;
      },
    });
    const upstream = createUpstream('texts', service.url);
    closing.push(() => upstream.close());
    const client = createClient(contract, upstream) as unknown as Record<'find', (input: object) => Promise<unknown>>;
    const hard = fc.string({
      unit: fc.constantFrom(
        'a',
        '.',
        '/',
        '\\',
        '%',
        '2',
        'e',
        '\ud800',
        '\udc00',
        '\0',
        ' ',
        '\r',
        '\n',
        'é',
        '日',
        '?',
        '#',
        '+',
        ';',
      ),
    });
    const property = fc.asyncProperty(
      hard,
      fc.option(hard, { nil: undefined }),
      fc.option(hard, { nil: undefined }),
      async (id, q, h) => {
        const given = { id, ...(q !== undefined && { q }), ...(h !== undefined && { h }) };
        seen = undefined;
        const error = await client.find(given).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (!error) return expect(seen).toEqual(given);
        if (!isCallError(error, 'invalid_input')) throw error;
        expect(error.message).toMatch(/^\[invalid_input\] GET \/x\/\{id\}: not sent: .{20,}/);
        expect(seen).toBeUndefined();
      },
    );
    await fc.assert(property, { numRuns: 8 * calls, seed, endOnFailure: true });
  }, 120_000);
});
