import compress from '@fastify/compress';
import helmet from '@fastify/helmet';
import { type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import { Histogram } from 'prom-client';
import { z } from 'zod';
import type { Listen } from '../contender.ts';
import { helloInput, helloOutput, itemsInput, itemsOutput, noteInput, noteOutput, work } from '../exchanges.ts';

type Body = Parameters<typeof work.addNote>[0];

/** Fastify without plugins. */
export const bareFastify: Listen = () => {
  const app = fastify();
  app.get('/api/hello', async (request) => work.sayHello(request.query as { name: string }));
  app.get('/api/items', async ({ query }) => work.listItems({ limit: Number((query as { limit: string }).limit) }));
  app.post('/api/notes', async ({ body }) => work.addNote(body as Body));
  return portOf(app);
};

/** Fastify with the features of the careful Express contender: its own plugins, its own log, JSON Schema both ways. */
export const fastifyByHand: Listen = async () => {
  const app = fastify({ logger: true });
  measure(app);
  await app.register(helmet);
  await app.register(compress);
  const schema = (input: z.ZodType, output: z.ZodType, part: 'querystring' | 'body') => ({
    schema: { [part]: json(input, 'input'), response: { 200: json(output, 'output') } },
  });
  app.get('/api/hello', schema(helloInput, helloOutput, 'querystring'), async ({ query }: FastifyRequest) =>
    work.sayHello(query as { name: string }),
  );
  app.get('/api/items', schema(itemsInput, itemsOutput, 'querystring'), async ({ query }: FastifyRequest) =>
    work.listItems(query as { limit: number }),
  );
  app.post('/api/notes', schema(noteInput, noteOutput, 'body'), async ({ body }: FastifyRequest) =>
    work.addNote(body as Body),
  );
  return portOf(app);
};

// Fastify's validator and serializer know draft 7.
function json(schema: z.ZodType, io: 'input' | 'output') {
  return z.toJSONSchema(schema, { target: 'draft-7', io });
}

function measure(app: FastifyInstance): void {
  const seconds = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of requests',
    labelNames: ['method', 'route', 'status'],
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    seconds.observe({ method, route: routeOptions.url ?? '', status: reply.statusCode }, reply.elapsedTime / 1000);
  });
}

async function portOf(app: FastifyInstance): Promise<number> {
  return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1', backlog: 1024 })).port);
}
