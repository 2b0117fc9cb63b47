import { documentPairs } from './document-pairs.ts';
import { type Breaks, schemaPairs } from './schema-pairs.ts';

type Document = Readonly<Record<string, unknown>>;

/** Two documents, and whether the change between them breaks callers. */
export interface ComparedDocuments {
  readonly name: string;
  readonly before: Document;
  readonly after: Document;
  readonly isBreaking: boolean;
}

const json = (schema: unknown) => ({ content: { 'application/json': { schema } } });
const document = (operation: object): Document => ({
  openapi: '3.1.0',
  info: { title: 'shop', version: '1' },
  paths: { '/a': { post: { operationId: 'a', responses: {}, ...operation } } },
});

/** A document whose operation takes a schema. */
export const documentThatTakes = (schema: unknown): Document => document({ requestBody: json(schema) });
/** A document whose operation gives a schema. */
export const documentThatGives = (schema: unknown): Document =>
  document({ responses: { 200: { description: 'Done', ...json(schema) } } });

const breaksIn = (breaks: readonly Breaks[], direction: Breaks) =>
  breaks.some((one) => one === direction || one === 'both');

/** Every pair of documents that the tests have. */
export const comparedDocuments: readonly ComparedDocuments[] = [
  ...(['request', 'reply'] as const).flatMap((direction) =>
    schemaPairs.map(({ name, before, after, expected }) => {
      const make = direction === 'request' ? documentThatTakes : documentThatGives;
      const isBreaking = breaksIn(Object.values(expected), direction);
      return { name: `${direction}: ${name}`, before: make(before), after: make(after), isBreaking };
    }),
  ),
  ...documentPairs.map(({ name, before, after, expected }) => ({
    name,
    before,
    after,
    isBreaking: expected.some((change) => change.startsWith('!')),
  })),
];
