import { type Operation, pathPattern } from '@parley/contract';
import { routeMethods } from '../express/express-internals.ts';

/** An application beside the contract, and where it is. */
interface MountedRoutes {
  readonly app: object;
  readonly path?: string;
}

/** Which methods a path takes: those of the contract, and those of routes of Express applications mounted beside it. */
export class AllowedMethods {
  readonly #routes: readonly { readonly pattern: RegExp; readonly method: string }[];
  readonly #mounts: readonly MountedRoutes[];

  constructor(operations: readonly Operation[], mounts: readonly MountedRoutes[] = []) {
    this.#routes = operations.map(({ path, method }) => ({ pattern: pathPattern(path.template), method }));
    this.#mounts = mounts;
  }

  /** Methods of the contract's operations at a path. */
  ofContract(path: string): readonly string[] {
    return this.#routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  }

  /**
   * What `Allow` says of a path. What a mounted listener takes that is no Express application is not known, unless it says so itself.
   *
   * @param others methods that are known already
   */
  allow(path: string, others: readonly string[] = []): string {
    const mounted = this.#mounts.flatMap(({ app, path: prefix = '/' }) => {
      const below = belowPrefix(path, prefix);
      return below === undefined ? [] : routeMethods(app, below);
    });
    const methods = new Set([...this.ofContract(path), ...mounted, ...others]);
    if (methods.has('GET')) methods.delete('HEAD');
    methods.delete('OPTIONS');
    return [...methods, ...(methods.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  }
}

function belowPrefix(path: string, prefix: string): string | undefined {
  const bare = prefix.replace(/\/$/, '');
  if (!path.startsWith(bare)) return undefined;
  const rest = path.slice(bare.length);
  return rest === '' || rest.startsWith('/') ? rest || '/' : undefined;
}
