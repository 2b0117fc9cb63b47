import { IncomingMessage, type ServerOptions, ServerResponse } from 'node:http';
import type { Express } from 'express';
import { messagePrototypes, setMessagePrototypes } from './express-internals.ts';

/**
 * Makes the classes by which an HTTP/1.1 server creates the requests and responses of an app. They have the app's
 * prototypes from the start, members that the app adds later included. Express changes the prototype of each message
 * when it arrives; without that change a small GET takes 4 to 7 µs less.
 */
export function expressMessages(app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  const { request, response } = messagePrototypes(app);
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse<Request extends IncomingMessage> extends ServerResponse<Request> {}
  Object.setPrototypeOf(ExpressRequest.prototype, request);
  Object.setPrototypeOf(ExpressResponse.prototype, response);
  Object.defineProperty(ExpressResponse.prototype, 'writableFinished', { get: hasFinished, configurable: true });
  setMessagePrototypes(app, { request: ExpressRequest.prototype, response: ExpressResponse.prototype });
  return { IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse };
}

/** `writableFinished` over HTTP/1: Node 22 says so too of a response whose connection was lost while its client had yet to read it. */
export function hasFinished(this: ServerResponse): boolean {
  return Reflect.get(ServerResponse.prototype, 'writableFinished', this) && !this.req.socket.errored;
}
