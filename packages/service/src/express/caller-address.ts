import type { Express, Request } from 'express';
import { ipAddress } from '../addresses/ip-address.ts';
import type { TrustedProxies } from '../addresses/trusted-proxies.ts';
import { messagePrototypes } from './express-internals.ts';

/**
 * Lets `req.ip` and `req.ips` count forwarded addresses only from trusted proxies, in the form of `ipAddress`. Reads
 * `X-Forwarded-For` from its end: each proxy adds the address of its peer there, so the first address that is no proxy's is
 * the caller. An entry that is no address ends the search: the proxy that wrote it is the caller then. Host and protocol
 * are Express': it believes the same proxies.
 *
 * @param onIgnored gets the address of each peer that forwards but is no trusted proxy
 */
export function useCallerAddress(app: Express, proxies: TrustedProxies, onIgnored: (peer: string) => void): void {
  const isTrusted = (address: string | undefined) => proxies.has(ipAddress(address ?? '') ?? '');
  app.set('trust proxy', isTrusted);

  /** The last address on the way from the peer to the caller. `hop` gets each that was forwarded. */
  function callerOf(req: Request, hop?: (address: string) => void): string | undefined {
    const { remoteAddress } = req.socket;
    let last = remoteAddress && (ipAddress(remoteAddress) ?? remoteAddress);
    const forwarded = forwardedFor(req);
    if (last === undefined || forwarded === undefined) return last;
    if (!proxies.has(last)) onIgnored(last);
    for (let end = forwarded.length; end > 0 && proxies.has(last); ) {
      const comma = forwarded.lastIndexOf(',', end - 1);
      const next = ipAddress(forwarded.slice(comma + 1, end));
      if (next === undefined) break;
      hop?.(next);
      last = next;
      end = comma;
    }
    return last;
  }

  Object.defineProperties(messagePrototypes(app).request, {
    ip: {
      configurable: true,
      get(this: Request) {
        return callerOf(this);
      },
    },
    ips: {
      configurable: true,
      get(this: Request) {
        const addresses: string[] = [];
        callerOf(this, (address) => addresses.unshift(address));
        return addresses;
      },
    },
  });
}

/** Whether a trusted proxy passed the request on, so that its peer is not its caller. */
export function isForwarded(req: Request): boolean {
  return forwardedFor(req) !== undefined && req.app.get('trust proxy fn')(req.socket.remoteAddress, 0);
}

function forwardedFor({ headers }: Request): string | undefined {
  const forwarded = headers['x-forwarded-for'];
  return Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
}
