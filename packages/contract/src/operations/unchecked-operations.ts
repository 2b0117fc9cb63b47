/**
 * Stands in for `check-operations.ts` in pages and workers, by package.json's `imports`: the service has made these checks when
 * it started, and each test that imports the contract makes them. In a bundle they would be 2 kB that never find anything.
 */
export function checkOperations(): void {}

/** Stands in for the check of one operation's options. */
export function checkDefinition(): void {}
