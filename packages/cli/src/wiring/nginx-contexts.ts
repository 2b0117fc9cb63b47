import type { NginxDirective } from '@parley/local';

/** A block of an nginx configuration, and the blocks around it. */
export interface NginxContext {
  readonly directive: NginxDirective;
  /** From `http` to the block itself. */
  readonly chain: readonly NginxDirective[];
}

/** Every block of this name, with what is around it. */
export function contextsNamed(name: string, directives: readonly NginxDirective[]): readonly NginxContext[] {
  return allContexts(directives).filter(({ directive }) => directive.name === name);
}

/** Every block, from the outside to the inside. */
export function allContexts(
  directives: readonly NginxDirective[],
  outer: readonly NginxDirective[] = [],
): readonly NginxContext[] {
  return directives.flatMap((directive) => {
    if (!directive.block) return [];
    const chain = [...outer, directive];
    return [{ directive, chain }, ...allContexts(directive.block, chain)];
  });
}

/** Every directive, inside blocks too. */
export function allDirectives(directives: readonly NginxDirective[]): readonly NginxDirective[] {
  return directives.flatMap((directive) => [directive, ...allDirectives(directive.block ?? [])]);
}

/** The directives of each block by their names: rules ask for the same blocks once for each route. */
const byNames = new WeakMap<NginxDirective, ReadonlyMap<string, readonly NginxDirective[]>>();

/** The directives of this name in a block itself. */
export function ownNamed(directive: NginxDirective, name: string): readonly NginxDirective[] {
  const byName = byNames.get(directive) ?? Map.groupBy(directive.block ?? [], (one) => one.name);
  byNames.set(directive, byName);
  return byName.get(name) ?? [];
}

/** The directives of this name that hold in a context: those of the innermost block that has any. */
export function inForce({ chain }: NginxContext, name: string): readonly NginxDirective[] {
  const level = chain.findLast((block) => ownNamed(block, name).length > 0);
  return level ? ownNamed(level, name) : [];
}

/** The last directive of this name that holds in a context. */
export function settingIn(context: NginxContext, name: string): NginxDirective | undefined {
  return inForce(context, name).at(-1);
}
