import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { configMistake } from '@parley/contract';
import { ConfigError } from './config-error.ts';
import { run } from './run.ts';

describe('run', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const watched = () => ({
    exit: jest.spyOn(process, 'exit').mockImplementation((() => undefined) as never),
    print: jest.spyOn(console, 'error').mockImplementation(() => {}),
  });

  it('prints one sentence and exits with 1 where the configuration is wrong', async () => {
    const { exit, print } = watched();
    await run(async () => {
      throw new ConfigError('PORT must be a number');
    });
    expect(print.mock.calls).toEqual([['PORT must be a number']]);
    expect(exit).toHaveBeenCalledWith(1);
  });

  it('prints one sentence for an error of another class that is marked as such a mistake', async () => {
    const { exit, print } = watched();
    await run(async () => {
      throw configMistake(new TypeError('upstream hello: its address is wrong'));
    });
    expect(print.mock.calls).toEqual([['upstream hello: its address is wrong']]);
    expect(exit).toHaveBeenCalledWith(1);
  });

  it('prints the stack and exits with 1 where the code is wrong', async () => {
    const { exit, print } = watched();
    const error = new TypeError('bug');
    await run(() => Promise.reject(error));
    expect(print.mock.calls).toEqual([[error]]);
    expect(exit).toHaveBeenCalledWith(1);
  });

  it('leaves the process alone where main succeeds', async () => {
    const { exit } = watched();
    await run(async () => {});
    expect(exit).not.toHaveBeenCalled();
  });
});
