/** As much of the Reflect Metadata proposal as `@peculiar/x509` asks for. Must be imported before it. */
const metadata = new WeakMap<object, Map<unknown, unknown>>();

function own(key: unknown, target: object): unknown {
  return metadata.get(target)?.get(key);
}

function define(key: unknown, value: unknown, target: object): void {
  if (!metadata.has(target)) metadata.set(target, new Map());
  metadata.get(target)?.set(key, value);
}

function get(key: unknown, target: object | null): unknown {
  for (let at = target; at; at = Object.getPrototypeOf(at)) {
    const value = own(key, at);
    if (value !== undefined) return value;
  }
  return undefined;
}

Object.assign(Reflect, {
  defineMetadata: define,
  getMetadata: get,
  getOwnMetadata: own,
  metadata: (key: unknown, value: unknown) => (target: object) => define(key, value, target),
});
