/**
 * Random numbers in [0, 1) that are the same at each run, for the option `random` of an upstream: a test that fails
 * once fails always. Mulberry32 (Ettinger 2017): well spread, and of no use for secrets.
 *
 * @param seed any whole number; another one gives another sequence
 */
export function seededRandom(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
