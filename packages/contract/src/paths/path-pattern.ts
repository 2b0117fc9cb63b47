/**
 * Makes the pattern that paths of a template match: `/visits/{id}` takes one segment for each parameter, `/files/{path*}` all
 * segments that follow, none of them empty.
 */
export function pathPattern(template: string): RegExp {
  const pattern = template
    .split(/(\{\w+\*?\})/)
    .map((part, index) => (index % 2 === 0 ? literal(part) : part.endsWith('*}') ? segments : segment))
    .join('');
  return new RegExp(`^${pattern}$`);
}

const segment = '([^/]+)';
const segments = '([^/]+(?:/[^/]+)*)';

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
