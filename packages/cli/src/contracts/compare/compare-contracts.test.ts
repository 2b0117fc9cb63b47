import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { defineContract, get, openapi, post } from '@parley/contract';
import { z } from 'zod';
import {
  comparedDocuments,
  documentThatGives,
  documentThatTakes,
} from '../../../test-fixtures/contracts/compared-documents.ts';
import { documentPairs } from '../../../test-fixtures/contracts/document-pairs.ts';
import { otherOpinions } from '../../../test-fixtures/contracts/other-opinions.ts';
import { documentedRules, rulesTable } from '../../../test-fixtures/contracts/rules-table.ts';
import { type Breaks, schemaPairs } from '../../../test-fixtures/contracts/schema-pairs.ts';
import { compareContracts } from './compare-contracts.ts';
import { type RuleName, rules } from './rules.ts';

const places = { request: 'body', reply: '200 body' } as const;
const makers = { request: documentThatTakes, reply: documentThatGives } as const;

describe.each(['request', 'reply'] as const)('a schema in a %s', (direction) => {
  const breaksHere = (breaks: Breaks) => breaks === direction || breaks === 'both';

  it.each(schemaPairs)('changes: $name', ({ before, after, expected }) => {
    const make = makers[direction];
    const changes = compareContracts(make(before), make(after));
    const found = changes.map(({ rule, where, isBreaking }) => `${isBreaking ? '!' : ''}${rule} ${where}`);
    const wanted = Object.entries(expected).map(([change, breaks]) => {
      const [rule, where] = change.split(' ');
      return `${breaksHere(breaks) ? '!' : ''}${rule} ${places[direction]}${where}`;
    });
    expect(found.sort()).toEqual(wanted.sort());
    expect(changes.filter((change) => change.direction !== direction || change.operation !== 'a')).toEqual([]);
  });
});

describe('a contract', () => {
  it.each(documentPairs)('changes: $name', ({ before, after, expected }) => {
    const found = compareContracts(before, after).map(
      ({ rule, direction, where, isBreaking }) => `${isBreaking ? '!' : ''}${rule} ${direction} ${where}`,
    );
    expect(found.sort()).toEqual([...expected].sort());
  });

  it('has no change compared with itself, and sentences of whole words otherwise', () => {
    for (const { before, after } of documentPairs) {
      expect(compareContracts(after, structuredClone(after))).toEqual([]);
      for (const { sentence } of compareContracts(before, after)) expect(sentence).not.toMatch(/\{|undefined| {2}/);
    }
  });

  it('breaks nobody by its cache groups', () => {
    const documentWith = (name: string) => {
      const cache = { maxAgeS: 60, scope: 'public', groups: [name] } as const;
      const list = get('/list', { summary: 's', output: z.object({}), cache });
      const change = post('/list', { summary: 's', invalidates: [name] });
      return openapi(defineContract('things', { list, change })) as Parameters<typeof compareContracts>[0];
    };
    expect(compareContracts(documentWith('a'), documentWith('b'))).toEqual([]);
  });

  it('has its breaking changes first', () => {
    const all = documentPairs.flatMap(({ before, after }) => {
      const order = compareContracts(before, after).map(({ isBreaking }) => isBreaking);
      return order.join() === [...order].sort((a, b) => Number(b) - Number(a)).join() ? [] : [order];
    });
    expect(all).toEqual([]);
  });
});

describe('the table of rules', () => {
  const expected = [
    ...schemaPairs.flatMap((one) => Object.keys(one.expected).map((change) => change.split(' ')[0])),
    ...documentPairs.flatMap((one) => one.expected.map((change) => change.replace('!', '').split(' ')[0])),
  ];

  it('is in docs/contracts-check.md: `node packages/cli/test-fixtures/contracts/rules-table.ts` writes it', () => {
    expect(documentedRules()).toEqual(rulesTable());
  });

  it('says there how many pairs there are, and how many Redocly judges otherwise', () => {
    const page = readFileSync(new URL('../../../../../docs/contracts-check.md', import.meta.url), 'utf8');
    const [differing, pairs] = [Object.keys(otherOpinions).length, comparedDocuments.length];
    expect(page).toContain(`it judges ${differing} of the ${pairs} pairs of our tests otherwise`);
  });

  it('has an example of each rule among the pairs', () => {
    const ofContracts = ['contract-removed', 'contract-added'];
    const without = Object.keys(rules).filter((rule) => !expected.includes(rule) && !ofContracts.includes(rule));
    expect(without).toEqual([]);
    expect(schemaPairs.length + documentPairs.length).toBeGreaterThan(100);
  });

  it.each(Object.keys(rules) as RuleName[])('says of %s why it breaks callers, where it does', (name) => {
    const { says, why, breaks, directions } = rules[name];
    expect(says).not.toMatch(/^[A-Z]|\.$/);
    expect(why !== '').toBe(breaks.length > 0);
    expect((directions as readonly string[]).filter((one) => (breaks as readonly string[]).includes(one))).toEqual(
      breaks,
    );
  });
});
