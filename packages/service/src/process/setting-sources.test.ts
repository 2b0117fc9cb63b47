import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { settingSources, settingVariables } from './setting-sources.ts';

describe('the source of a setting', () => {
  it('is code before the environment, and the environment before the default', () => {
    const sources = settingSources({ PORT: '1', LOG_LEVEL: 'debug', DRAIN_DELAY_MS: '' }, { logLevel: 'warn' });
    expect(sources).toMatchObject({ port: 'environment', logLevel: 'code', drainDelayMs: 'default' });
  });

  it('is that of the host for the operators’ host without one of its own', () => {
    expect(settingSources({ HOST: '::1' }).adminHost).toBe('environment');
    expect(settingSources({ HOST: '::1' }, { host: '::1' }).adminHost).toBe('code');
    expect(settingSources({ ADMIN_HOST: '::1' }, { host: '::1' }).adminHost).toBe('environment');
    expect(settingSources({}).adminHost).toBe('default');
  });

  it('is known by the variable that the setting names in its docstring', () => {
    const source = readFileSync(new URL('./settings.ts', import.meta.url), 'utf8');
    const [, declared = ''] = /export interface Settings \{([\s\S]*?)\n\}/.exec(source) ?? [];
    const inCode = [...declared.matchAll(/`([A-Z_]+)`, default[\s\S]*?readonly (\w+)/g)].map(([, variable, name]) => [
      name,
      variable,
    ]);
    expect(Object.entries(settingVariables)).toEqual(inCode);
  });
});
