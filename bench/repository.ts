/** The root of the repository that this benchmark is of. */
export const ownRoot = new URL('../', import.meta.url);
