import { describe, expect, it } from '@jest/globals';
import { alignedTable, type Cell, tabbedTable } from './table.ts';

const columns = [{ title: 'NAME' }, { title: 'COUNT', isNumber: true }];
const rows: readonly (readonly Cell[])[] = [
  ['hello', '2'],
  [{ text: 'guestbook', look: 'red' }, '10'],
];

describe('a table', () => {
  it('stands in columns on a terminal, numbers at the right', () => {
    expect(alignedTable(columns, rows, (_, text) => text)).toBe('NAME       COUNT\nhello          2\nguestbook     10');
  });

  it('has the looks of its cells, which take no room', () => {
    const painted = alignedTable(columns, rows, (look, text) => `<${look}>${text}`);
    expect(painted).toBe('<dim>NAME       <dim>COUNT\nhello          2\n<red>guestbook     10');
  });

  it('is lines with tabs for a pipe', () => {
    expect(tabbedTable(columns, [['two\twords\n', '1']])).toBe('NAME\tCOUNT\ntwo words \t1');
  });

  it('has one row for each, whatever a name of another process holds', () => {
    const forged = [['hello\nguestbook\tready', '1']];
    expect(alignedTable(columns, forged, (_, text) => text)).toBe(
      'NAME                   COUNT\nhello guestbook ready      1',
    );
    expect(tabbedTable(columns, forged)).toBe('NAME\tCOUNT\nhello guestbook ready\t1');
  });

  it('hands no control sequence of another process on to the terminal', () => {
    expect(alignedTable([{ title: 'A' }], [['\u001b[2J\u009b1m']], (_, text) => text)).toBe('A\n�[2J�1m');
  });
});
