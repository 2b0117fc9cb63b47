import { LocalError } from '../local-error.ts';

const pattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/**
 * Refuses what cannot name a folder, a host and an npm package at once.
 *
 * @throws LocalError unless it is 1 to 30 small letters, digits and single hyphens, a letter first
 */
export function checkName(name: string): void {
  if (pattern.test(name) && name.length <= 30) return;
  throw new LocalError(`name must be 1 to 30 small letters, digits and single "-", a letter first, not "${name}"`, 2);
}

/** How something is called in code: `price-list` is `priceList`. */
export function identifierOf(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** How an operation is called in a path: `countItems` is `count-items`. */
export function pathSegmentOf(operation: string): string {
  return operation.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
