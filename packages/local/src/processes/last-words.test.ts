import { describe, expect, it } from '@jest/globals';
import { LastWords } from './last-words.ts';

function wordsOf(stderr: string, stdout = ''): string {
  const words = new LastWords();
  for (const line of stdout.split('\n')) words.hear(line, false);
  for (const line of stderr.split('\n')) words.hear(line, true);
  return String(words);
}

describe('LastWords', () => {
  it('takes the message out of what Node prints about an uncaught error', () => {
    const stderr = `node:events:486
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRINUSE: address already in use 127.0.0.1:22301
    at Server.setupListenHandle [as _listen2] (node:net:1940:16) {
  code: 'EADDRINUSE',
  errno: -98,
  [cause]: undefined
}

Node.js v24.21.0
`;
    expect(wordsOf(stderr)).toBe('Error: listen EADDRINUSE: address already in use 127.0.0.1:22301');
  });

  it('takes errors out of a log, and nothing that is less', () => {
    const stdout = [
      '{"level":"info","msg":"listening"}',
      '{"level":"fatal","msg":"stopped","err":{"message":"no disk"}}',
    ];
    expect(wordsOf('', stdout.join('\n'))).toBe('stopped: no disk');
  });

  it('keeps the last three lines', () => {
    expect(wordsOf('one\ntwo\nthree\nfour')).toBe('two | three | four');
  });

  it('survives what only looks like JSON', () => {
    expect(wordsOf('', '{"level":\n{null}')).toBe('');
  });
});
