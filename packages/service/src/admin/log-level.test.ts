import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { capturedLog } from '../../test-fixtures/captured-log.ts';
import { withOwnLevel } from '../process/own-level.ts';
import { TemporaryLogLevel } from './log-level.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function open() {
  const log = capturedLog();
  const onBack = jest.fn();
  return { ...log, onBack, logLevel: new TemporaryLogLevel(log.logger, onBack) };
}

describe('a temporary log level', () => {
  it('holds for its time, then the configured one holds again', () => {
    const { logger, lines, logLevel, onBack } = open();
    logLevel.change({ level: 'debug', forMs: 1_000 });
    logger.debug('during');
    const endsAt = new Date(Date.now() + 1_000).toISOString();
    expect(logLevel.status).toEqual({ level: 'debug', configured: 'info', endsAt });
    jest.advanceTimersByTime(999);
    expect(onBack).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    logger.debug('after');
    expect(lines.map(({ msg }) => msg)).toEqual(['during']);
    expect(onBack.mock.calls).toEqual([[{ before: 'debug', after: 'info' }]]);
    expect(logLevel.status).toEqual({ level: 'info', configured: 'info', endsAt: undefined });
  });

  it('holds in children that are there already, and in their children', () => {
    const { logger, lines, logLevel } = open();
    const child = logger.child({ requestId: '1' });
    const grandchild = child.child({ operation: 'getItem' }, { redact: [] });
    logLevel.change({ level: 'trace', forMs: 1_000 });
    child.trace('child');
    grandchild.trace('grandchild');
    logLevel.close();
    child.trace('too late');
    expect(lines.map(({ msg }) => msg)).toEqual(['child', 'grandchild']);
  });

  it('changes nothing for a child with a level of its own, be it the same at first', () => {
    const { logger, lines, logLevel } = open();
    const child = withOwnLevel(logger, {}, 'info');
    logLevel.change({ level: 'silent', forMs: 1_000 });
    child.info('still');
    expect(lines.map(({ msg }) => msg)).toEqual(['still']);
  });

  it('gives way to the next change, whose time counts', () => {
    const { logLevel, onBack } = open();
    logLevel.change({ level: 'debug', forMs: 1_000 });
    jest.advanceTimersByTime(900);
    logLevel.change({ level: 'error', forMs: 1_000 });
    jest.advanceTimersByTime(999);
    expect(logLevel.status).toMatchObject({ level: 'error', configured: 'info' });
    jest.advanceTimersByTime(1);
    expect(onBack.mock.calls).toEqual([[{ before: 'error', after: 'info' }]]);
  });

  it('ends at once where the configured level is asked for', () => {
    const { logLevel, onBack } = open();
    logLevel.change({ level: 'debug', forMs: 1_000 });
    logLevel.change({ level: 'info', forMs: 1_000 });
    expect(logLevel.status).toEqual({ level: 'info', configured: 'info', endsAt: undefined });
    expect(jest.getTimerCount()).toBe(0);
    expect(onBack).not.toHaveBeenCalled();
  });

  it('goes back when the service stops, and leaves no timer', () => {
    const { logger, logLevel } = open();
    logLevel.change({ level: 'silent', forMs: 1_000 });
    logLevel.close();
    expect(logger.level).toBe('info');
    expect(jest.getTimerCount()).toBe(0);
  });
});
