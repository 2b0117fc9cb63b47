import { createServer } from 'node:http';
import compression from 'compression';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { Histogram } from 'prom-client';
import type { z } from 'zod';
import type { Listen } from '../contender.ts';
import { helloInput, helloOutput, itemsInput, itemsOutput, noteInput, noteOutput, work } from '../exchanges.ts';
import { listening } from '../listening.ts';

/** Express without middleware. */
export const bareExpress: Listen = () => {
  const app = express();
  app.get('/api/hello', (req, res) => void res.json(work.sayHello({ name: String(req.query.name) })));
  app.get('/api/items', (req, res) => void res.json(work.listItems({ limit: Number(req.query.limit) })));
  app.post('/api/notes', express.json(), (req, res) => void res.json(work.addNote(req.body)));
  return listening(createServer(app));
};

/** Express as a careful user writes it: helmet, compression, a log line and a metric per request, input and output checked. */
export const expressByHand: Listen = () =>
  carefulExpress((app) => {
    route(app, 'get', '/api/hello', helloInput, helloOutput, work.sayHello);
    route(app, 'get', '/api/items', itemsInput, itemsOutput, work.listItems);
    route(app, 'post', '/api/notes', noteInput, noteOutput, work.addNote);
  });

/** Serves routes with the middleware of {@link expressByHand}; its port. */
export function carefulExpress(addRoutes: (app: Express) => void): Promise<number> {
  const app = express();
  app.disable('x-powered-by');
  app.use(pinoHttp());
  app.use(measured());
  app.use(helmet());
  app.use(compression());
  app.use(express.json({ limit: '1mb' }));
  addRoutes(app);
  app.use(problem);
  return listening(createServer(app));
}

function measured(): RequestHandler {
  const seconds = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Duration of requests',
    labelNames: ['method', 'route', 'status'],
  });
  return (req, res, next) => {
    const end = seconds.startTimer();
    res.on('finish', () => end({ method: req.method, route: req.route?.path, status: res.statusCode }));
    next();
  };
}

/** Adds a route that checks its input, parameters of its path among it, and its output. */
export function route<I, O>(
  app: Express,
  method: 'get' | 'post',
  path: string,
  input: z.ZodType<I>,
  output: z.ZodType<O>,
  handler: (input: I) => O | Promise<O>,
): void {
  app[method](path, async (req, res) => {
    const given = await input.parseAsync(method === 'get' ? { ...req.query, ...req.params } : req.body);
    res.json(await output.parseAsync(await handler(given)));
  });
}

// Express knows an error handler by its four parameters.
const problem: ErrorRequestHandler = (error, _req, res, _next) => {
  const status = error?.name === 'ZodError' ? 400 : 500;
  res
    .status(status)
    .type('application/problem+json')
    .json({ type: 'about:blank', title: String(error?.name), status });
};
