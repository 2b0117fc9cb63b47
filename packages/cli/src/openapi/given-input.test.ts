import { describe, expect, it } from '@jest/globals';
import { bytes, defineContract, get, openapi, post, text, withBody } from '@parley/contract';
import { z } from 'zod';
import { shop } from '../../test-fixtures/shop.ts';
import { inputIssues } from './contract-of.ts';
import { type OpenApiDocument, operationNamed } from './document.ts';
import { givenInput } from './given-input.ts';
import { documentedInput } from './input-members.ts';
import type { Root } from './json-check.ts';

const encoder = new TextEncoder();
const files: Readonly<Record<string, string>> = {
  'item.json': '{"id":"tea","cents":3}',
  'list.json': '[1,2]',
  text: 'a text',
};

const other = defineContract('other', {
  sendBytes: post('/bytes/{id}', {
    summary: 's',
    input: withBody(z.object({ id: z.string() }), bytes()),
    output: z.object({}),
  }),
  sendText: post('/text', { summary: 's', input: withBody(z.object({ at: z.string().optional() }), text()) }),
  sendList: post('/list', {
    summary: 's',
    input: withBody(z.object({ all: z.boolean().optional() }), z.array(z.number())),
  }),
  sendAny: post('/any', { summary: 's', input: z.looseObject({ id: z.string() }) }),
  readFile: get('/files/{path*}', { summary: 's', input: z.object({ path: z.string() }), output: text() }),
});

async function given(name: string, words: string, isChecked = true) {
  const contract = name in shop.operations ? shop : other;
  const document = openapi(contract) as OpenApiDocument;
  const input = documentedInput(operationNamed(name, contract.name, document), document as Root);
  const readFile = async (file: string) => {
    const content = files[file];
    if (content === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' });
    return encoder.encode(content);
  };
  const value = await givenInput(words.split(' ').filter(Boolean), {
    input,
    root: document as Root,
    readFile,
    isChecked,
  });
  return { value, issues: inputIssues(value, input, document as Root) };
}

describe('an input on the command line', () => {
  it.each([
    ['getItem', 'id=7', { id: '7' }],
    ['getItem', 'id=a=b', { id: 'a=b' }],
    ['listItems', 'limit=5', { limit: 5 }],
    ['listItems', 'limit:=5 tag=a tag=b', { limit: 5, tag: ['a', 'b'] }],
    ['listItems', 'tag=1', { tag: ['1'] }],
    ['listItems', 'Accept-Language=de', { language: undefined, acceptLanguage: 'de' }],
    ['listItems', 'accept-language=de', { acceptLanguage: 'de' }],
    ['addItem', '@item.json', { id: 'tea', cents: 3 }],
    ['addItem', '@item.json cents=4 isNew=true', { id: 'tea', cents: 4, isNew: true }],
    ['addItem', 'id=@@home cents=1', { id: '@home', cents: 1 }],
    ['addItem', 'id=@text cents=1', { id: 'a text', cents: 1 }],
    ['sendList', 'body:=[1]', { body: [1] }],
    ['sendList', 'body=@list.json all=true', { body: [1, 2], all: true }],
    ['sendList', '@list.json', { body: [1, 2] }],
    ['sendText', 'body=hi', { body: 'hi' }],
    ['sendText', '@text', { body: 'a text' }],
    ['sendBytes', 'id=1 body=@text', { id: '1', body: encoder.encode('a text') }],
    ['sendAny', 'id=1 more=2', { id: '1', more: '2' }],
    ['readFile', 'path=a/b', { path: 'a/b' }],
  ])('of %s %s is %j', async (name, words, expected) => {
    const { value } = await given(name, words);
    const defined = Object.fromEntries(Object.entries(expected).filter(([, one]) => one !== undefined));
    expect(value).toEqual(defined);
  });

  it.each([
    [
      'getItem',
      'nme=7',
      'expected a parameter of the operation, got "nme"; there is id (--no-check sends it all the same)',
    ],
    ['listItems', 'limt=7', 'got "limt"; did you mean "limit"?'],
    ['getItem', '7', 'expected name=value, name:=json or @file.json, got "7"'],
    ['getItem', '=7', 'expected name=value, name:=json or @file.json, got "=7"'],
    ['listItems', 'limit:=x', 'limit: expected JSON, got x'],
    [
      'addItem',
      'id=@home',
      'expected a file that can be read, got "home" (ENOENT): to send the text "@home", write id=@@home',
    ],
    ['addItem', '@list.json', '@list.json: expected a JSON object with the members of the input, got [1,2]'],
  ])('of %s %s is refused: %s', async (name, words, message) => {
    await expect(given(name, words)).rejects.toMatchObject({
      exit: 'usage',
      message: expect.stringContaining(message),
    });
  });

  it('may have unknown names where nothing is checked', async () => {
    expect((await given('getItem', 'nme=7', false)).value).toEqual({ nme: '7' });
  });
});

describe('inputIssues', () => {
  it.each([
    ['getItem', 'id=7', []],
    ['getItem', '', [{ path: 'id', message: 'is missing' }]],
    ['listItems', 'limit=500', [{ path: 'limit', message: 'must be at most 100, not 500' }]],
    ['listItems', 'limit=many', [{ path: 'limit', message: 'must be of type integer, not string' }]],
    ['addItem', 'id=x cents=1', [{ path: 'id', message: 'must have at least 2 characters, not 1' }]],
    [
      'addItem',
      '',
      [
        { path: 'id', message: 'is missing' },
        { path: 'cents', message: 'is missing' },
      ],
    ],
    ['sendList', 'body:=["a"]', [{ path: 'body.0', message: 'must be of type number, not string' }]],
    ['sendBytes', 'id=1 body=@text', []],
  ])('of %s %s are %j', async (name, words, issues) => {
    expect((await given(name, words)).issues).toEqual(issues);
  });
});
