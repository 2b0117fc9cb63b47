import type { ApiDocument, ApiOperation } from './api-document.ts';
import type { Finding } from './change.ts';
import { objectOf } from './json.ts';

type Side = readonly [ApiDocument, ApiOperation];

interface CachePolicy {
  readonly maxAgeS: number;
  readonly isPublic: boolean;
}

/** Compares how long, and by which caches, a reply may be used again. */
export function compareCache(before: Side, after: Side): Finding[] {
  const [old, now] = [policyOf(before), policyOf(after)];
  const where = 'cache';
  const lifetime = { where, before: String(old.maxAgeS), after: String(now.maxAgeS) };
  return [
    ...(now.maxAgeS > old.maxAgeS ? [{ rule: 'cache-lifetime-longer', ...lifetime } as const] : []),
    ...(now.maxAgeS < old.maxAgeS ? [{ rule: 'cache-lifetime-shorter', ...lifetime } as const] : []),
    ...(now.isPublic && !old.isPublic ? [{ rule: 'cache-became-public', where } as const] : []),
    ...(old.isPublic && !now.isPublic ? [{ rule: 'cache-became-private', where } as const] : []),
  ];
}

/** From the one value of the header in the document. RFC 9111 §5.2.2, RFC 5861: stale replies may be used too. */
function policyOf([{ reader }, { json }]: Side): CachePolicy {
  const replies = Object.entries(objectOf(json.responses)).filter(([status]) => status.startsWith('2'));
  const texts = replies.map(([, reply]) => {
    const headers = Object.entries(objectOf(reader.resolve(reply).headers));
    const [, header] = headers.find(([name]) => name.toLowerCase() === 'cache-control') ?? [];
    const { const: text } = objectOf(objectOf(reader.resolve(header)).schema);
    return typeof text === 'string' ? text : '';
  });
  const text = texts.find((one) => one !== '') ?? '';
  const seconds = [...text.matchAll(/\b(?:max-age|stale-while-revalidate)=(\d+)/g)].map(([, digits]) => Number(digits));
  return { maxAgeS: seconds.reduce((sum, one) => sum + one, 0), isPublic: /\bpublic\b/.test(text) };
}
