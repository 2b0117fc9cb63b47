import { describe, expect, it } from '@jest/globals';
import { defineContract, get, post } from '@parley/contract';
import type { Express, Router } from 'express';
import request from 'supertest';
import { z } from 'zod';
import { expressVersions } from '../../test-fixtures/legacy-app.ts';
import { createApp } from '../app.ts';
import { AllowedMethods } from './allowed-methods.ts';

const input = z.object({ id: z.string() });
const shop = defineContract('shop', {
  getBook: get('/books/{id}', { summary: 'One', input, output: z.object({}) }),
  addBook: post('/books', { summary: 'Adds one' }),
});

describe.each(expressVersions)('Allow of a path that an Express $version application shares', ({ express }) => {
  const old: Express = express();
  const router: Router = express.Router();
  router.patch('/:id', (_req, res) => void res.json({}));
  old.put('/books/:id', (_req, res) => void res.json({}));
  old.get('/books', (_req, res) => void res.json([]));
  old.get('/old', (_req, res) => void res.json([]));
  old.use('/books', router);
  const handlers = { getBook: async () => ({}), addBook: async () => {} };
  const app = createApp(shop, handlers, { mount: old });

  it.each([
    ['/books/7', 'GET, PUT, PATCH, HEAD, OPTIONS'],
    ['/books', 'POST, GET, HEAD, OPTIONS'],
  ])('has the methods of both: %s', async (path, allow) => {
    const { body } = await request(app).delete(path).expect(405).expect('allow', allow);
    expect(body.detail).toBe(`This path takes ${allow}`);
    await request(app).options(path).expect('allow', allow);
    await request(app).options(`${path}?a=1`).expect('allow', allow);
  });

  it('is the application’s own where the contract has no such path', async () => {
    await request(app).delete('/old').expect(404);
    const { headers } = await request(app).options('/old').expect(200);
    expect(headers.allow).not.toMatch(/POST|PUT/);
  });

  it('is found below the path that it is mounted at, and nowhere else', () => {
    const methods = new AllowedMethods(Object.values(shop.operations), [{ app: old, path: '/v1/' }]);
    expect(methods.allow('/v1/books/7')).toBe('PUT, PATCH, OPTIONS');
    expect(methods.allow('/v1x/books/7')).toBe('OPTIONS');
    expect(methods.allow('/books/7')).toBe('GET, HEAD, OPTIONS');
  });

  it('has no more than the contract’s methods where the application cannot decode the path', () => {
    const methods = new AllowedMethods(Object.values(shop.operations), [{ app: old }]);
    expect(methods.allow('/books/%ff')).toBe('GET, HEAD, OPTIONS');
  });
});

it('a listener that is no Express application has no methods that are known', () => {
  const methods = new AllowedMethods(Object.values(shop.operations), [{ app: () => {} }]);
  expect(methods.allow('/books/7')).toBe('GET, HEAD, OPTIONS');
});
