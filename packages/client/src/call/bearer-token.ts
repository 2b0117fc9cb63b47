import { CallError } from '@parley/contract';
import type { Call, CallLayer } from '../layer.ts';
import type { Current } from '../options/current-options.ts';
import type { UpstreamOptions } from '../options/upstream-options.ts';

/** The bearer token of this process. */
export type BearerTokenOptions = Pick<UpstreamOptions, 'token'>;

const isToken = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * Sends a bearer token (RFC 6750) with each call, the same in all its attempts, to the upstream's endpoints only. Never
 * sends the token of the request that is being served: its issuer made it for this service. No error holds a token, or
 * the error that `token` has thrown.
 */
export function bearerToken(options: Current<BearerTokenOptions>): CallLayer {
  return (next) =>
    function bearerToken(call) {
      const { token } = options.current;
      if (token === undefined || Object.hasOwn(call.headers, 'authorization')) return next(call);
      return tokenFor(call, token).then((given) =>
        next({ ...call, headers: { ...call.headers, authorization: `Bearer ${given}` } }),
      );
    };
}

async function tokenFor(call: Call, token: () => string | Promise<string>): Promise<string> {
  let given: unknown;
  try {
    given = await token();
  } catch (error) {
    throw notSent(call, `getting its token failed (${error instanceof Error ? error.name : typeof error})`);
  }
  if (typeof given === 'string' && isToken.test(given)) return given;
  throw notSent(call, 'what the option token gave is no bearer token (RFC 6750)');
}

function notSent({ label }: Call, reason: string): CallError {
  return new CallError('unavailable', `not sent: ${reason}`, { operation: label, isUnprocessed: true });
}
