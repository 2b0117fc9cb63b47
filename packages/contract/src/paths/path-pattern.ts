/** Makes the pattern that paths of a template match: `/visits/{id}` takes one segment for each parameter. */
export function pathPattern(template: string): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `^${template
      .split(/\{\w+\}/)
      .map(literal)
      .join('([^/]+)')}$`,
  );
}
