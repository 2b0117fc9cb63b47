// @peculiar/x509 wants the npm package `reflect-metadata`, of which it uses no more than this.
const metadata = new WeakMap<object, Map<unknown, unknown>>();
const read = (key: unknown, target: object) => metadata.get(target)?.get(key);

Object.assign(Reflect, {
  getMetadata: read,
  getOwnMetadata: read,
  defineMetadata(key: unknown, value: unknown, target: object) {
    metadata.set(target, (metadata.get(target) ?? new Map()).set(key, value));
  },
});
