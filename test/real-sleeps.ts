/** What to write instead of a sleep. */
export const insteadOfSleeping = [
  'wait for what must happen with `eventually`, or until nothing changes with `unchanging` (test/eventually.ts);',
  'hold a slow server’s answers with `HeldAnswers` (packages/client/test-fixtures);',
  'move time with `VirtualClock`, `jest.useFakeTimers()` or `letTimePass` (test/passing-time.ts);',
  'name the file *.system.test.ts if it needs wall time',
].join(' ');

const sleeps = /(?<![.\w])setTimeout\b|\bscheduler\b.*timers\/promises|\/time\/delay\.ts/;

/** The lines of a test that wait for real time, each with its number. A file with fake timers has none. */
export function realSleeps(text: string): readonly string[] {
  if (text.includes('jest.useFakeTimers(')) return [];
  return text.split('\n').flatMap((line, index) => (sleeps.test(line) ? [`${index + 1}: ${line.trim()}`] : []));
}
