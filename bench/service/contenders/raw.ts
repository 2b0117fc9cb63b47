import { createServer } from 'node:http';
import type { Listen } from '../contender.ts';
import { work } from '../exchanges.ts';
import { listening } from '../listening.ts';

/** `node:http` alone: no validation, no log, no optional header. */
export const raw: Listen = () =>
  listening(
    createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://a');
      const answer = (output: unknown) => {
        const body = JSON.stringify(output);
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
        response.end(body);
      };
      if (url.pathname === '/api/hello') return answer(work.sayHello({ name: url.searchParams.get('name') ?? '' }));
      if (url.pathname === '/api/items')
        return answer(work.listItems({ limit: Number(url.searchParams.get('limit')) }));
      let text = '';
      request.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => answer(work.addNote(JSON.parse(text))));
    }),
  );
