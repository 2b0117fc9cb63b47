import { expect, it } from '@jest/globals';
import { CallError } from '@parley/contract';
import { hello } from '@parley/hello';
import { inMemoryService, startService } from '@parley/service/testing';
import { createHandlers } from './handlers.ts';

const french = { language: 'fr', name: 'Français', template: 'Bonjour, {name} !' };
const greetings = { listGreetings: async () => ({ greetings: [french] }), getGreeting: async () => french };

it('greets over HTTP, without a port', async () => {
  const { request } = inMemoryService(hello, createHandlers({ greetings }));
  const headers = { 'accept-language': 'fr' };
  expect(await request('GET', '/api/hello?name=Ada', { headers })).toMatchObject({
    status: 200,
    body: { message: 'Bonjour, Ada !' },
  });
  expect(await request('POST', '/api/hello')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, OPTIONS' } });
});

it('marks what is missing, on a port of its own', async () => {
  const getGreeting = () => Promise.reject(new CallError('unavailable', 'down'));
  const service = await startService(hello, createHandlers({ greetings: { ...greetings, getGreeting } }));
  const response = await fetch(`${service.url}/api/hello?name=Ada&language=fr`);
  expect(await response.json()).toEqual({ message: 'Hello, Ada!' });
  expect(response.headers.get('degraded')).toBe('greetings');
  expect(service.logs.at(-1)).toMatchObject({ level: 'info', status: 200 });
  await service.stop();
});
