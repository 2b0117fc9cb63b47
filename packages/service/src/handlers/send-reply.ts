import { type Operation, type OperationReply, replyBody } from '@parley/contract';
import type { Request, RequestHandler, Response } from 'express';
import { sendText } from '../replies/text-reply.ts';
import { sendContent } from './content-reply.ts';

/** Sends the reply of a request. A promise only for bytes. */
export type SendReply = (req: Request, res: Response, reply: OperationReply) => void | Promise<void>;

/** Makes what sends the replies of an operation, in the format of its output. @param encode compresses */
export function replySender(operation: Operation, encode: RequestHandler): SendReply {
  const body = replyBody(operation);
  if (body?.format === 'bytes') return (req, res, reply) => sendContent(operation, req, res, reply);
  const isText = body?.format === 'text';
  const type = `${isText ? body.types[0] : 'application/json'}; charset=utf-8`;
  return (req, res, reply) => {
    const { status, headers, body: value } = reply;
    const text = isText ? String(value) : value === undefined ? undefined : JSON.stringify(value);
    sendText(req, res, encode, { status, headers, body: text, type });
  };
}
