import { BlockList, isIPv6 } from 'node:net';
import { ipAddress } from './ip-address.ts';

/** Answers that are kept: to compare an address with networks takes 4 µs. */
const maxKnown = 1000;

/** The peers whose `X-Forwarded-For` counts: addresses, and networks such as `10.0.0.0/8`. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #known = new Map<string, boolean>();

  /** @throws TypeError that names what is neither an address nor a network */
  constructor(proxies: readonly string[]) {
    if (!Array.isArray(proxies)) {
      throw new TypeError(`trustedProxies must be a list of ${proxyForms}, not ${String(proxies)}`);
    }
    for (const text of proxies) {
      const network = networkIn(text);
      if (!network) throw new TypeError(`trustedProxies must hold ${proxyForms}, not ${JSON.stringify(text)}`);
      this.#list.addSubnet(network.address, network.bits, network.address.includes(':') ? 'ipv6' : 'ipv4');
    }
  }

  /** Whether an address, in the form of {@link ipAddress}, is that of a proxy. */
  has(address: string): boolean {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const isTrusted = this.#list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.set(address, isTrusted);
    return isTrusted;
  }
}

/** What a list of trusted proxies holds, in words. */
export const proxyForms = 'IP addresses (10.0.0.7) and networks (10.0.0.0/8, fd00::/8) of the proxies in front';

/** A network as a text has it; an address is a network of one. Undefined where the text is neither. */
export function networkIn(text: unknown): { readonly address: string; readonly bits: number } | undefined {
  const [, written = '', bits] = /^([\da-f:.]+)(?:\/(\d{1,3}))?$/i.exec(String(text)) ?? [];
  const address = ipAddress(written);
  if (address === undefined || (!written.includes(':') && !address.includes('.')) || /\.\d+:/.test(written)) return;
  // An IPv4 network that is mapped into IPv6 has 96 bits more.
  const mappedBits = written.includes(':') && !address.includes(':') ? 96 : 0;
  const most = address.includes(':') ? 128 : 32;
  const own = bits === undefined ? most : Number(bits) - mappedBits;
  return own >= 0 && own <= most ? { address, bits: own } : undefined;
}
