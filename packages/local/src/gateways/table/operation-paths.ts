/** What a gateway needs of an operation to know its requests. */
export interface OperationPath {
  /** `GET` */
  readonly method: string;
  /** A template such as `/orders/{id}`, or `/files/{path*}`, whose parameter may hold slashes. */
  readonly path: string;
}

const parameter = /\{\w+(\*?)\}/g;

/** The location that leads to an operation: its path, or the beginning of its template before the first parameter. */
export function locationOf(path: string): { readonly isExact: boolean; readonly path: string } {
  const at = path.indexOf('{');
  return at < 0 ? { isExact: true, path } : { isExact: false, path: path.slice(0, at) };
}

/** Text of a path in an expression. A literal character is a class, since nginx and HAProxy give a backslash a meaning of their own. */
export function literalExpression(text: string): string {
  return text.replace(/[.+]/g, '[$&]');
}

/**
 * An expression, for nginx and HAProxy alike, that matches the paths of a template as they are sent: services match them before
 * they decode `%2F`.
 */
export function pathExpression(path: string): string {
  // No group that repeats per segment: HAProxy has 32 KiB for an expression, and where they do not do it matches nothing.
  const expression = literalExpression(path).replace(parameter, (_, rest: string) =>
    rest ? '(?!.*//)[^/](?:.*[^/])?' : '[^/]+',
  );
  return `^${expression}$`;
}

/** Sorts as services do: plain text before parameters, and those before all that follows, segment by segment. */
export function mostSpecificFirst<Path extends OperationPath>(operations: readonly Path[]): readonly Path[] {
  const rank = ({ path }: Path) => path.replace(parameter, (_, rest: string) => (rest ? '\uffff\uffff' : '\uffff'));
  const ranked = operations.map((operation) => ({ operation, rank: rank(operation) }));
  return ranked.sort((a, b) => Number(a.rank > b.rank) - Number(a.rank < b.rank)).map(({ operation }) => operation);
}

const inOrder = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * The methods of the paths that a template has: those of each operation that may have the same path. HEAD comes with GET, and
 * OPTIONS is always there, for pages of other origins.
 */
export function methodsOf(path: string, operations: readonly OperationPath[]): readonly string[] {
  const own = operations.filter((other) => mayMeet(path, other.path)).map(({ method }) => method);
  const all = new Set([...own, ...(own.includes('GET') ? ['HEAD'] : []), 'OPTIONS']);
  return inOrder.filter((method) => all.has(method));
}

/** Whether some path fits both templates. */
function mayMeet(one: string, other: string): boolean {
  const [left, right] = [one.split('/'), other.split('/')];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [a, b] = [left[at], right[at]];
    if (a?.endsWith('*}') || b?.endsWith('*}')) return a !== undefined && b !== undefined;
    if (a === undefined || b === undefined) return false;
    if (a !== b && !a.startsWith('{') && !b.startsWith('{')) return false;
  }
  return true;
}
