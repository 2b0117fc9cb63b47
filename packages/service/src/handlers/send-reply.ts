import { type Operation, type OperationReply, replyBody } from '@parley/contract';
import type { Request, RequestHandler, Response } from 'express';
import { sendText, type TextReply } from '../replies/text-reply.ts';
import { sendContent } from './content-reply.ts';

/** Sends the reply of a request. A promise only for bytes. */
export type SendReply = (req: Request, res: Response, reply: OperationReply) => void | Promise<void>;

/** Makes what sends the replies of an operation, in the format of its output. @param encode compresses */
export function replySender(operation: Operation, encode: RequestHandler): SendReply {
  const { format = 'json', types = [] } = replyBody(operation) ?? {};
  if (format === 'bytes') return (req, res, reply) => sendContent(operation, req, res, reply);
  const type = `${format === 'text' ? types[0] : 'application/json'}; charset=utf-8`;
  return (req, res, reply) => {
    const { body } = reply;
    const text = format === 'text' || body === undefined ? body : JSON.stringify(body);
    sendText(req, res, encode, { ...reply, body: text, type } as TextReply);
  };
}
