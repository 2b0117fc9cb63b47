import { describe, expect, it } from '@jest/globals';
import express from 'express';
import supertest from 'supertest';
import { beforeRouter } from './before-router.ts';

const app = beforeRouter(
  express(),
  (req, res) => void res.json({ ...req.headers, inherited: req.headers['x-mark'] }),
  () => {},
);

async function polluted<T>(name: string, work: () => Promise<T>): Promise<T> {
  const prototype = Object.prototype as Record<string, unknown>;
  prototype[name] = 'polluted';
  try {
    return await work();
  } finally {
    delete prototype[name];
  }
}

describe('useOwnHeaders', () => {
  it('leaves a request without a header that its object of headers would inherit', async () => {
    const { body } = await polluted('x-mark', async () => supertest(app).get('/'));
    expect(body).not.toHaveProperty('inherited');
  });

  it('joins fields that come twice as Node does', async () => {
    const fields = { accept: ['a', 'b'], cookie: ['c=1', 'd=2'], host: 'x.example' } as unknown as Record<
      string,
      string
    >;
    const usual = await supertest(app).get('/').set(fields);
    const { body } = await polluted('accept', async () => supertest(app).get('/').set(fields));
    expect(body).toEqual(usual.body);
  });
});
