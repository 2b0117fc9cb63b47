import { dirname, posix } from 'node:path';
import { type Mapping, mappingOf } from './mapping.ts';

/** Reads the services of another compose file; none where it is not there. @param file as it is written, from the folder */
export type ReadServices = (file: string) => Mapping | undefined;

/** Lists that replace those of the service that is extended. Others are added to them. */
const replaced = new Set(['command', 'entrypoint', 'test']);

/**
 * Services with what they extend (`extends: { service, file }`) below what they say themselves, as Docker Compose puts them together. A
 * service that is not there, or extends itself, adds nothing.
 */
export function extendedServices(services: Mapping, read: ReadServices): Mapping {
  const extended = (all: Mapping, name: string, file: string, around: readonly string[]): Mapping => {
    const entry = mappingOf(Object.hasOwn(all, name) ? all[name] : undefined) ?? {};
    const { service, file: other } = mappingOf(entry.extends) ?? { service: entry.extends };
    const place = `${file} ${name}`;
    if (typeof service !== 'string' || around.includes(place)) return entry;
    const others = typeof other === 'string' ? (read(other) ?? {}) : all;
    const base = extended(others, service, typeof other === 'string' ? other : file, [...around, place]);
    return merged(typeof other === 'string' ? relocated(base, dirname(other)) : base, entry);
  };
  return Object.fromEntries(
    Object.entries(services).map(([name, entry]) => [
      name,
      mappingOf(entry) ? extended(services, name, '', []) : entry,
    ]),
  );
}

/** Paths of a service of another file are from the folder of that file. */
function relocated(entry: Mapping, folder: string): Mapping {
  if (folder === '.') return entry;
  const moved = (path: unknown) =>
    typeof path === 'string' && /^[^/$~:]+(\/|$)/.test(path) ? posix.join(folder, path) : path;
  const movedMember = (value: unknown, name: string) => {
    const mapping = mappingOf(value);
    return mapping ? { ...mapping, [name]: moved(mapping[name] ?? '.') } : moved(value);
  };
  const { build, env_file: envFile, volumes } = entry;
  const mounted = (volume: unknown) => (typeof volume === 'string' && !volume.startsWith('.') ? volume : moved(volume));
  return {
    ...entry,
    ...(build !== undefined && { build: movedMember(build, 'context') }),
    ...(envFile !== undefined && { env_file: [envFile].flat().map((file) => movedMember(file, 'path')) }),
    ...(Array.isArray(volumes) && { volumes: volumes.map(mounted) }),
  };
}

function merged(base: Mapping, entry: Mapping): Mapping {
  const both = Object.keys(entry).map((name) => [name, together(name, base[name], entry[name])] as const);
  return { ...base, ...Object.fromEntries(both) };
}

function together(name: string, base: unknown, own: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(own)) return replaced.has(name) ? own : [...base, ...own];
  // Compose takes both as `NAME=value` too.
  const isPairs = name === 'environment' || name === 'labels' || name === 'depends_on' || name === 'networks';
  const [below, above] = isPairs ? [asMapping(base), asMapping(own)] : [mappingOf(base), mappingOf(own)];
  return below && above ? merged(below, above) : own;
}

function asMapping(written: unknown): Mapping | undefined {
  if (!Array.isArray(written)) return mappingOf(written);
  return Object.fromEntries(
    written.map((line) => /^([^=]*)(?:=(.*))?$/s.exec(String(line))?.slice(1) ?? ['', undefined]),
  );
}
