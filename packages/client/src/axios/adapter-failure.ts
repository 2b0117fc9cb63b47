import type { CallError } from '@parley/contract';
import type { AxiosError, AxiosResponse, InternalAxiosRequestConfig } from './axios.ts';

/** What axios' users see of a failed attempt. */
export interface AdapterFailure {
  readonly code: string;
  readonly message: string;
  /** The head of a reply whose body was cut, or could not be read. */
  readonly response?: AxiosResponse | undefined;
}

// Beside the errors and not in them: logs print an error, and a response holds headers.
const failures = new WeakMap<CallError, AdapterFailure>();

/** Keeps what axios would say of a failure beside the error that the layers see. Returns that error. */
export function rememberFailure(error: CallError, { code, message, cause, response }: AxiosError): CallError {
  const own = { code: code ?? 'ERR_NETWORK', message };
  failures.set(error, { ...own, ...systemError(cause), response });
  return error;
}

/** How axios reports a call that failed without a whole reply. */
export function adapterFailureOf(error: CallError, config: InternalAxiosRequestConfig): AdapterFailure {
  const failure = failures.get(error) ?? { ...ofCode(error), ...systemError(error.cause) };
  const { response } = failure;
  if (error.code === 'unavailable') return response ? cutReply(response, config) : connecting(failure, error);
  return failure;
}

function ofCode({ code, message }: CallError): AdapterFailure {
  if (code === 'invalid_input') return { code: 'ERR_BAD_REQUEST', message };
  return { code: code === 'invalid_reply' ? 'ERR_BAD_RESPONSE' : 'ERR_NETWORK', message };
}

/** undici's codes for what Node has a code for. */
const systemCodes: Readonly<Record<string, string>> = {
  __proto__: null as never,
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
};

/** Code and message of the system, the parser or the decoder; none of undici's own, nor what it asserts. */
function systemError(cause: unknown): AdapterFailure | undefined {
  const { code, message } = (cause ?? {}) as NodeJS.ErrnoException;
  if (typeof code !== 'string') return undefined;
  const known = systemCodes[code];
  if (known) return { code: known, message: 'socket hang up' };
  return code.startsWith('UND_ERR_') || code === 'ERR_ASSERTION' ? undefined : { code, message };
}

// As axios' own adapter has it: the decoder hears of the socket's error, a plain body of the reply's end.
function cutReply(response: AxiosResponse, { responseType, decompress }: InternalAxiosRequestConfig): AdapterFailure {
  const isDecoded = decompress !== false && response.headers['content-encoding'] !== undefined;
  if (responseType === 'stream') return { code: 'ECONNRESET', message: 'aborted' };
  if (isDecoded) return { code: 'ECONNRESET', message: 'aborted', response };
  return { code: 'ERR_BAD_RESPONSE', message: 'stream has been aborted', response };
}

const connectCodes = new Set(['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'ENOENT']);
const lookupCodes = new Set(['ENOTFOUND', 'EAI_AGAIN']);

/** With Node's sentence where no connection came about. */
function connecting(failure: AdapterFailure, { endpoint = '', isUnprocessed }: CallError): AdapterFailure {
  const { code } = failure;
  if (!isUnprocessed) return failure;
  const address = endpoint.replace(/^[a-z]+:(\/\/)?/, '');
  if (connectCodes.has(code)) return { code, message: `connect ${code} ${address}` };
  if (lookupCodes.has(code)) return { code, message: `getaddrinfo ${code} ${address.replace(/:\d+$/, '')}` };
  return failure;
}
