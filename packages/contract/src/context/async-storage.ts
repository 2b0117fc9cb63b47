import { AsyncLocalStorage } from 'node:async_hooks';

/** Keeps the context of a request for everything that it awaits: on Node, and what has its `node:` modules. */
export const ContextStorage = AsyncLocalStorage;
