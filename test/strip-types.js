import { stripTypeScriptTypes } from 'node:module';

/** Jest's transform: what Node does when it runs a TypeScript file, so that tests run the same code. */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
  getCacheKey: undefined,
};
