import { describe, expect, it } from '@jest/globals';
import { content } from '@parley/contract';
import { Output } from './output.ts';
import { openScreen } from './screen.ts';
import { writeValue } from './write-value.ts';

function captured({ isTerminal = false, isColoured = false, rows = 24 } = {}) {
  const written: (string | Uint8Array)[] = [];
  const errors: string[] = [];
  const output = new Output({
    write: (text) => void written.push(text),
    writeError: (text) => void errors.push(text),
    isTerminal,
    isColoured,
    size: () => ({ rows, columns: 80 }),
  });
  return { output, written, errors };
}

describe('an output', () => {
  it('writes a document on one line for a pipe, and indented on a terminal', () => {
    const pipe = captured();
    pipe.output.json({ a: 1 });
    const terminal = captured({ isTerminal: true });
    terminal.output.json({ a: 1 });
    expect([...pipe.written, ...terminal.written]).toEqual(['{"a":1}\n', '{\n  "a": 1\n}\n']);
  });

  it('has colours only where it may', () => {
    expect(captured({ isColoured: true }).output.paint('red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(captured().output.paint('red', 'x')).toBe('x');
  });

  it('hands no control sequence of another process on in a remark', () => {
    const { output, errors } = captured();
    output.remark('a\u001b[2Jb\u202ec');
    expect(errors).toEqual(['a�[2Jb�c\n']);
  });
});

describe('a screen', () => {
  it('draws over what was there, no more lines than fit, and gives the terminal back once', () => {
    const { output, written } = captured({ isTerminal: true, rows: 3 });
    const screen = openScreen(output);
    screen.draw('one\ntwo\nthree');
    screen.close();
    screen.close();
    expect(written).toEqual([
      '\u001b[?1049h\u001b[?25l\u001b[?7l',
      '\u001b[Hone\u001b[K\ntwo\u001b[K\n\u001b[J',
      '\u001b[?7h\u001b[?25h\u001b[?1049l',
    ]);
  });

  it('is text below text where there is no terminal', () => {
    const { output, written } = captured();
    const screen = openScreen(output);
    screen.draw('one');
    screen.draw('two');
    screen.close();
    expect(written).toEqual(['one\n', 'two\n']);
  });
});

describe('a value', () => {
  const bytes = new Uint8Array([0, 255]);
  async function* items() {
    yield { n: 1 };
    yield { n: 2 };
  }

  it.each<[string, unknown, readonly (string | Uint8Array)[]]>([
    ['JSON', { a: 1 }, ['{"a":1}\n']],
    ['a text, as it is', 'a,b', ['a,b\n']],
    ['nothing', undefined, []],
    ['bytes, as they are', content(bytes, { type: 'image/png' }), [bytes]],
    ['items of a stream, a line each', items(), ['{"n":1}\n', '{"n":2}\n']],
  ])('is written: %s', async (_, value, expected) => {
    const { output, written } = captured();
    await writeValue(output, value);
    expect(written).toEqual(expected);
  });

  it.each<[unknown, object]>([
    [{ a: 1 }, { value: { a: 1 } }],
    [undefined, { value: null }],
    [content(bytes, { type: 'image/png' }), { value: { type: 'image/png', base64: 'AP8=' } }],
  ])('is one document', async (value, document) => {
    const { output, written } = captured();
    await writeValue(output, value, { isDocument: true });
    expect(JSON.parse(String(written[0]))).toEqual(document);
  });

  it('of bytes does not go to a terminal', async () => {
    const { output, written, errors } = captured({ isTerminal: true });
    await writeValue(output, content(bytes, { type: 'image/png' }));
    expect(written).toEqual([]);
    expect(errors).toEqual(['2 bytes of image/png: write them to a file with > FILE\n']);
  });
});
