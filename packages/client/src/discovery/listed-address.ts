import { ownMembers } from '@parley/contract';
import type { Address } from './address.ts';

/**
 * One entry of a list of addresses: a URL, or an object with `url`, and `zone` and `weight` where they are known.
 *
 * @throws TypeError that says what was expected and what came
 */
export function listedAddress(entry: unknown, parse: (url: string) => Address): Address {
  if (typeof entry !== 'object' || entry === null) return parse(String(entry));
  const { url, zone, weight = 1, ...others } = ownMembers(entry as Readonly<Record<string, unknown>>);
  const [stray] = Object.keys(others);
  if (stray !== undefined) throw new TypeError(`expected url, zone and weight, got ${JSON.stringify(stray)}`);
  if (zone !== undefined && (typeof zone !== 'string' || zone === '')) {
    throw new TypeError(`expected the name of a zone, got ${JSON.stringify(zone)}`);
  }
  if (typeof weight !== 'number' || !(weight >= 0.1 && weight <= 1_000_000)) {
    throw new TypeError(`expected a weight from 0.1 to 1000000, got ${JSON.stringify(weight)}`);
  }
  return ownMembers({ ...parse(String(url)), weight, ...(zone !== undefined && { zone }) });
}
