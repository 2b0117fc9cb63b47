import { dirname, join, normalize } from 'node:path';

/** A source file, as far as rooms are concerned. */
export interface RoomFile {
  /** From the root, with `/`. */
  readonly path: string;
  readonly imports: readonly { readonly specifier: string }[];
}

/** One import from one room into another. */
export interface Passage {
  readonly from: string;
  readonly to: string;
  /** `a.ts → b.ts` */
  readonly example: string;
}

/** The room of a file below a folder: its first folder there, or the file itself where it lies at the top. */
export function roomOf(folder: string, path: string): string | undefined {
  if (!path.startsWith(`${folder}/`)) return undefined;
  const [first = '', ...rest] = path.slice(folder.length + 1).split('/');
  return rest.length > 0 ? `${first}/` : first;
}

/** What leads from one room of a folder to another, type-only imports included. One example each. */
export function passages(folder: string, files: readonly RoomFile[]): readonly Passage[] {
  const found = new Map<string, Passage>();
  for (const { path, imports } of files) {
    const from = roomOf(folder, path);
    if (from === undefined) continue;
    for (const { specifier } of imports) {
      if (!specifier.startsWith('.')) continue;
      const target = normalize(join(dirname(path), specifier));
      const to = roomOf(folder, target);
      if (to === undefined || to === from) continue;
      const example = `${path.slice(folder.length + 1)} → ${target.slice(folder.length + 1)}`;
      if (!found.has(`${from} ${to}`)) found.set(`${from} ${to}`, { from, to, example });
    }
  }
  return [...found.values()];
}

/** Imports that run up an order of rooms, lowest first, and rooms that the order does not have. */
export function upward(folder: string, files: readonly RoomFile[], order: readonly string[]): readonly string[] {
  const strange = new Set(files.map(({ path }) => roomOf(folder, path)).filter((room) => room !== undefined));
  for (const room of order) strange.delete(room);
  const up = passages(folder, files).filter(({ from, to }) => order.indexOf(from) < order.indexOf(to));
  return [...[...strange].map((room) => `${room} is not in the order`), ...up.map(({ example }) => example)];
}

/** Cycles of rooms: each as the examples of its passages, joined. */
export function roomCycles(folder: string, files: readonly RoomFile[]): readonly string[] {
  const next = Map.groupBy(passages(folder, files), ({ from }) => from);
  const [done, cycles] = [new Set<string>(), [] as string[]];
  const visit = (room: string, trail: readonly Passage[]) => {
    const start = trail.findIndex(({ from }) => from === room);
    if (start >= 0)
      cycles.push(
        trail
          .slice(start)
          .map(({ example }) => example)
          .join(', '),
      );
    if (start >= 0 || done.has(room)) return;
    for (const passage of next.get(room) ?? []) visit(passage.to, [...trail, passage]);
    done.add(room);
  };
  for (const room of next.keys()) visit(room, []);
  return cycles;
}

/** Files that import a package although they are not among those that may. */
export function strayImporters(
  files: readonly RoomFile[],
  name: string,
  allowed: readonly string[],
): readonly string[] {
  return files
    .filter(({ path, imports }) => !allowed.includes(path) && imports.some(({ specifier }) => specifier === name))
    .map(({ path }) => path);
}
