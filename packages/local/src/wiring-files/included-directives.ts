import type { NginxDirective } from '../gateways/nginx-directives.ts';

/**
 * The directives of a file, with those of the files that it includes in place of each `include`.
 *
 * @param filesOf what each file holds that a pattern such as `conf.d/*.conf` matches; none where there is no such file
 */
export function includedDirectives(
  directives: readonly NginxDirective[],
  filesOf: (pattern: string) => readonly (readonly NginxDirective[])[],
  depth = 0,
): readonly NginxDirective[] {
  // nginx itself has no limit, and ends at a file that includes itself when it has no descriptors left.
  if (depth > 20) return directives;
  return directives.flatMap((directive): readonly NginxDirective[] => {
    const { name, args, block } = directive;
    if (name === 'include') {
      return filesOf(args[0] ?? '').flatMap((included) => includedDirectives(included, filesOf, depth + 1));
    }
    return [block ? { ...directive, block: includedDirectives(block, filesOf, depth) } : directive];
  });
}
