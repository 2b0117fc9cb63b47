import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { extendedServices } from './extended-services.ts';

const none = () => undefined;
const read = (text: string, files: Readonly<Record<string, string>> = {}) =>
  extendedServices(parse(text), (file) => (files[file] === undefined ? undefined : parse(files[file])));

describe('services that extend others', () => {
  it('have what those have, below their own', () => {
    const text = `
base: { restart: always, command: [a, b], cap_drop: [ALL], environment: [A=1, B=2], deploy: { replicas: 2, resources: { limits: { memory: 1g } } } }
api: { extends: { service: base }, command: [c], cap_drop: [KILL], environment: { B: 3 }, deploy: { replicas: 4 } }
`;
    expect(read(text).api).toEqual({
      ...{ extends: { service: 'base' }, restart: 'always', command: ['c'], cap_drop: ['ALL', 'KILL'] },
      environment: { A: '1', B: 3 },
      deploy: { replicas: 4, resources: { limits: { memory: '1g' } } },
    });
  });

  it('extend those of other files, whose paths are from the folder of their file', () => {
    const files = {
      'common/base.yml':
        'base: { extends: more, build: api, env_file: [a.env, { path: /b.env }], volumes: ["./x:/x", "data:/data"] }\nmore: { init: true }',
    };
    expect(read('api: { extends: { file: common/base.yml, service: base } }', files).api).toMatchObject({
      ...{ init: true, build: 'common/api', env_file: ['common/a.env', { path: '/b.env' }] },
      volumes: ['common/x:/x', 'data:/data'],
    });
  });

  it('bear what extends itself, or is not there', () => {
    const text =
      'a: { extends: b, x: 1 }\nb: { extends: a, y: 2 }\nc: { extends: nothing }\nd: { extends: { file: no.yml, service: a } }\ne: 5\nf: { extends: __proto__ }';
    const services = read(text);
    expect(services.a).toEqual({ extends: 'b', x: 1, y: 2 });
    expect(services).toMatchObject({ c: { extends: 'nothing' }, e: 5, f: { extends: '__proto__' } });
    expect(extendedServices({}, none)).toEqual({});
  });
});
