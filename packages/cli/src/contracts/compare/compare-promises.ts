import { isRecord, largestBody, standardBodyLimits } from '@parley/contract';
import type { ApiOperation } from './api-document.ts';
import type { Finding } from './change.ts';
import { type Json, objectOf } from './json.ts';

const safeties = ['safe', 'idempotent', 'keyed', 'unsafe'];

/** Compares how often a request may be sent and how large it may be: `x-parley`, which only Parley's documents have. */
export function comparePromises(before: ApiOperation, after: ApiOperation): Finding[] {
  const [old, now] = [before.json['x-parley'], after.json['x-parley']];
  if (!isRecord(old) || !isRecord(now)) return [];
  return [...safetyChanges(old, now), ...limitChanges(limitsOf(old), limitsOf(now))];
}

function safetyChanges({ safety: old }: Json, { safety: now }: Json): Finding[] {
  const [was, is] = [old, now].map((safety) => safeties.indexOf(safety as string)) as [number, number];
  if (was === is || was < 0 || is < 0) return [];
  const rule = is > was ? 'safety-lowered' : 'safety-raised';
  return [{ rule, where: '', before: String(old), after: String(now) }];
}

function limitsOf({ bodyLimits, filesBytes }: Json): Readonly<Record<string, number>> {
  const own = objectOf(bodyLimits) as Readonly<Record<string, number>>;
  const size = { maxBytes: own.maxBytes, filesBytes: Number(filesBytes ?? 0) };
  return { ...standardBodyLimits, ...own, maxBytes: largestBody(size, standardBodyLimits.maxBytes) };
}

function limitChanges(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): Finding[] {
  return Object.keys(standardBodyLimits).flatMap((name) => {
    const [old, now] = [before, after].map((own) => own[name]) as [number, number];
    if (old === now) return [];
    const rule = now < old ? 'body-limit-lowered' : 'body-limit-raised';
    return [{ rule, where: `body ${name}`, before: String(old), after: String(now) } as const];
  });
}
