import type { NginxDirective } from '../gateways/nginx-files/nginx-directives.ts';
import { LocalError } from '../local-error.ts';

/** A file of an nginx configuration. */
export interface NginxFile {
  /** From the repository. */
  readonly name: string;
  readonly directives: readonly NginxDirective[];
}

/** Files that are put in, each as often as something includes it. */
const maxFiles = 2_000;

/**
 * The directives of a configuration, with those of the files that it includes in place of each `include`. A file inside itself is left
 * out: nginx would not start.
 *
 * @param start names the file that nginx reads first
 * @param filesOf the files that a pattern such as `conf.d/*.conf` matches; none where there is no such file
 * @throws LocalError where more than 2000 files are put in
 */
export function includedDirectives(
  start: string,
  filesOf: (pattern: string) => readonly NginxFile[],
): readonly NginxDirective[] {
  let count = 0;
  const included = (pattern: string, around: readonly string[]): readonly NginxDirective[] =>
    filesOf(pattern)
      .filter(({ name }) => !around.includes(name))
      .flatMap(({ name, directives }) => {
        if (++count > maxFiles) {
          throw new LocalError(
            `expected at most ${maxFiles} includes of nginx files, got more: does ${name} include what includes it?`,
          );
        }
        return expanded(directives, (inside) => included(inside, [...around, name]));
      });
  return included(start, []);
}

function expanded(
  directives: readonly NginxDirective[],
  included: (pattern: string) => readonly NginxDirective[],
): readonly NginxDirective[] {
  return directives.flatMap((directive): readonly NginxDirective[] => {
    const { name, args, block } = directive;
    if (name === 'include') return included(args[0] ?? '');
    return [block ? { ...directive, block: expanded(block, included) } : directive];
  });
}
