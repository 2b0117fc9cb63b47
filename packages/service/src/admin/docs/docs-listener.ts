import type { RequestListener } from 'node:http';
import type { Contract } from '@parley/contract';
import type { Request } from 'express';
import type { Logger } from 'pino';
import { createApp } from '../../app.ts';
import type { HandlersWith } from '../../middleware/extras.ts';
import { type DocumentOptions, documentOf } from '../../middleware/openapi-document.ts';
import { withOwnLevel } from '../../process/own-level.ts';
import type { AuditLog } from '../audit-log.ts';
import { docs, maxRequestBytes } from './contract.ts';
import { type DocsAccess, docsAccess, tryingOf } from './docs-access.ts';
import { isPageFile, pageFiles } from './page-files.ts';
import type { Trials } from './trials.ts';

/** What the API docs show, and who may look and try. */
export interface DocsOptions {
  readonly contract: Contract;
  /** What its document says beyond the contract. */
  readonly document: DocumentOptions;
  readonly access: DocsAccess;
  readonly trials: Trials;
  readonly audit: Pick<AuditLog, 'acted' | 'refused'>;
  readonly logger: Logger;
}

/** Whether a URL is one of the API docs. */
export function isDocsUrl(url: string): boolean {
  return /^\/docs(?:$|[/?])/.test(url);
}

/** Serves the API docs of a service: a page for people below `/docs`, its document, and tries of operations. */
export function docsListener(options: DocsOptions): RequestListener {
  const { access, audit, logger } = options;
  return createApp(docs, docsHandlers(options), {
    logger: withOwnLevel(logger, { app: 'docs' }, 'warn'),
    middleware: [docsAccess(access, isPageFile, audit), pageFiles()],
    extras: (req: Request): DocsExtras => ({ peer: req.socket.remoteAddress }),
    maxInFlight: Number.POSITIVE_INFINITY,
    // A body is text in JSON here: twice as long where it has many quotation marks.
    operations: { tryOperation: { requestTimeoutMs: 30_000, bodyLimitBytes: 2 * maxRequestBytes } },
  });
}

interface DocsExtras {
  /** Address of the operator's connection. */
  readonly peer: string | undefined;
}

function docsHandlers({
  contract,
  document,
  access,
  trials,
  audit,
}: DocsOptions): HandlersWith<typeof docs, DocsExtras> {
  let openapi: Record<string, unknown> | undefined;
  return {
    async getDescription() {
      openapi ??= { ...documentOf(contract, document) };
      const operations = Object.entries(contract.operations).map(([name, { path, safety, deprecated, sunset }]) => ({
        ...{ name, path: path.template, safety, deprecated, sunset },
      }));
      return { trying: tryingOf(access), operations, openapi };
    },

    async tryOperation(trial, { extras: { peer }, signal = new AbortController().signal }) {
      const { operation } = trial;
      // Before it runs: a request without a reply may have its effect too.
      if (contract.operations[operation]?.safety !== 'safe') audit.acted('tryOperation', peer, { tried: operation });
      const { body, ...reply } = await trials.run(trial, peer, signal);
      return { ...reply, bytes: body.length, body: isText(reply.headers) ? body.toString() : undefined };
    },
  };
}

/** Whether people can read a body. */
function isText(headers: readonly { readonly name: string; readonly value: string }[]): boolean {
  const type = headers.find(({ name }) => name.toLowerCase() === 'content-type')?.value ?? 'text/plain';
  return /^text\/|[/+](?:json|xml|x-ndjson|jsonl|javascript|x-www-form-urlencoded)\b/i.test(type);
}
