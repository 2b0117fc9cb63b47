import { withoutSecrets } from '@parley/contract';

/** The addresses of an upstream without their path, and that path. */
export interface SplitAddresses {
  readonly addresses: readonly string[];
  /** Goes before the path of every request: `/v1` of `http://api/v1`, empty where the addresses have no path. */
  readonly basePath: string;
}

const withPath = /^((?:https?|dns|srv|(?:dns|srv)\+https?):\/\/[^/?#@]+)(\/[^?#@]*)$/i;

/**
 * Splits the base path from the addresses of an upstream. All of them must have the same: the path of a call is the same
 * whatever endpoint an attempt goes to. An address that is no URL stays as it is, for `discovery` to refuse.
 *
 * @param where one address, or several: a list, or one string with commas
 * @throws TypeError where the addresses have different base paths, or one has an empty segment (`/v1//things`)
 */
export function splitBasePath(where: string | readonly string[]): SplitAddresses {
  const texts = (typeof where === 'string' ? where.split(',') : where).map((text) => text.trim());
  const split = texts.map(splitOne);
  const [basePath = '', ...others] = new Set(split.map((one) => one.basePath));
  if (others.length > 0) {
    const paths = [basePath, ...others].map((path) => `"${path || '/'}"`).join(' and ');
    throw new TypeError(`expected one base path for all addresses, got ${paths}: open an upstream for each`);
  }
  return { addresses: split.map(({ address }) => address), basePath };
}

function splitOne(text: string): { readonly address: string; readonly basePath: string } {
  const [, address, path] = withPath.exec(text) ?? [];
  if (address === undefined || path === undefined) return { address: text, basePath: '' };
  const { pathname } = new URL(`http://upstream${path}`);
  if (pathname.includes('//')) {
    throw new TypeError(`expected a base path without empty segments, got "${withoutSecrets(text)}"`);
  }
  return { address, basePath: pathname.replace(/\/$/, '') };
}
