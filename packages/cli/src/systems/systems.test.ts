import { describe, expect, it } from '@jest/globals';
import type { RunningSystem } from '@parley/local';
import { composedIn } from './composed.ts';
import { type FindDependencies, findSystem } from './find-system.ts';
import { launchedIn } from './launched.ts';
import { replicaNamed, replicasNamed } from './replicas-named.ts';
import { byService, type System } from './system.ts';

function running(root: string, port = 8080): RunningSystem {
  const replica = {
    service: 'hello',
    address: 'http://127.0.0.1:1',
    operators: 'http://127.0.0.1:2',
    isDraining: false,
  };
  const replicas = [
    { ...replica, name: 'hello-1', pid: 7 },
    { ...replica, name: 'hello-2', pid: undefined },
  ];
  return { root, pid: 1, url: `http://localhost:${port}`, replicas };
}

const dependencies: FindDependencies = {
  cwd: '/repository',
  launched: async () => [],
  runProgram: async () => undefined,
  serviceAt: async () => undefined,
};

describe('launchedIn', () => {
  it('finds what runs in the folder or above it, and which replicas are dead', () => {
    const found = launchedIn('/repository/services/hello', [running('/elsewhere'), running('/repository')]);
    expect(found).toMatchObject({ source: 'launcher', url: 'http://localhost:8080' });
    expect(found?.replicas.map(({ name, isDead }) => [name, isDead])).toEqual([
      ['hello-1', false],
      ['hello-2', true],
    ]);
  });

  it('takes no folder for another one whose name begins like it', () => {
    expect(launchedIn('/repository-of-others', [running('/repository')])).toBeUndefined();
  });

  it('takes the nearest folder', () => {
    expect(launchedIn('/repository/inner', [running('/repository', 1), running('/repository/inner', 2)])?.url).toBe(
      'http://localhost:2',
    );
  });

  it('asks for a port where several run there', () => {
    const both = [running('/repository', 8080), running('/repository', 8081)];
    expect(() => launchedIn('/repository', both)).toThrow('found 2: choose with --port (8080, 8081)');
    expect(launchedIn('/repository', both, 8081)?.url).toBe('http://localhost:8081');
    expect(() => launchedIn('/repository', both, 9)).toThrow('expected a system on port 9, found 8080, 8081');
  });
});

describe('composedIn', () => {
  const container = (service: string, at: number, publishers: readonly object[] | null) =>
    JSON.stringify({
      ...{ ID: `${service}${at}`, Name: `parley-${service}-${at}` },
      ...{ Service: service, State: 'running', Publishers: publishers },
    });
  const published = (target: number, port: number, url = '0.0.0.0') => ({
    URL: url,
    TargetPort: target,
    PublishedPort: port,
  });

  it('finds containers whose operators’ port is published', async () => {
    const lines = [
      container('hello', 1, [published(9000, 32_001), published(3000, 32_002, '127.0.0.1')]),
      container('hello', 2, [published(9000, 32_003, '::')]),
      container('database', 1, []),
    ];
    const asked: string[][] = [];
    const found = await composedIn('/repository', async (command, args, cwd) => {
      asked.push([command, ...args, cwd]);
      return lines.join('\n');
    });
    expect(asked).toEqual([['docker', 'compose', 'ps', '--format', 'json', '/repository']]);
    expect(found).toMatchObject({
      source: 'compose',
      replicas: [
        { name: 'parley-hello-1', address: 'http://127.0.0.1:32002', operators: 'http://127.0.0.1:32001' },
        { name: 'parley-hello-2', address: undefined, operators: 'http://127.0.0.1:32003' },
      ],
    });
  });

  it('reads the list that older versions write', async () => {
    const list = `[${container('hello', 1, [published(9000, 1)])}]`;
    expect((await composedIn('/repository', async () => list))?.replicas).toHaveLength(1);
  });

  it('says what to do where no operators’ port is published', async () => {
    const finding = composedIn('/repository', async () => container('hello', 1, null));
    await expect(finding).rejects.toThrow(/found parley-hello-1 without: publish port 9000 .* --admin URL/);
  });

  it.each([[undefined], [''], ['no json'], [JSON.stringify({ ID: 'a', Name: 'a', Service: 'a', State: 'exited' })]])(
    'finds nothing where docker says %j',
    async (text) => {
      expect(await composedIn('/repository', async () => text)).toBeUndefined();
    },
  );

  it.each([
    ['{ "Names": ["hello-1"], "State": "running" }', '{"Names":["hello-1"],"State":"running"}'],
    ['{ "ID": "a", "Name": "a", "Service": "a", "State": "running", "Publishers": "9000" }', '{"ID":"a",'],
    ['7', '7'],
  ])('says what was expected of JSON that is no container: %s', async (text, came) => {
    await expect(composedIn('/house', async () => text)).rejects.toThrow(
      `expected containers with ID, Name, Service and State from "docker compose ps --format json", got ${came}`,
    );
  });
});

describe('findSystem', () => {
  it('asks the ports of --admin alone, and numbers their services', async () => {
    const found = await findSystem(
      { admin: ['http://127.0.0.1:1/x', 'http://127.0.0.1:2', 'http://10.0.0.1:3'] },
      {
        ...dependencies,
        launched: async () => [running('/repository')],
        serviceAt: async (url) => (url.includes('127') ? 'hello' : undefined),
      },
    );
    expect(found.source).toBe('admin');
    expect(found.replicas.map(({ name, operators }) => [name, operators])).toEqual([
      ['hello-1', 'http://127.0.0.1:1'],
      ['hello-2', 'http://127.0.0.1:2'],
      ['10.0.0.1:3-1', 'http://10.0.0.1:3'],
    ]);
  });

  it('refuses an address that is none', async () => {
    await expect(findSystem({ admin: ['localhost'] }, dependencies)).rejects.toMatchObject({
      exit: 'usage',
      message: expect.stringContaining("--admin: expected the address of an operators' port"),
    });
  });

  it('says what to do where nothing runs, and where something does', async () => {
    await expect(findSystem({}, dependencies)).rejects.toMatchObject({
      exit: 'nothingRuns',
      message:
        'expected a running system in /repository, found none: run "parley start" here, or name operators\' ports with --admin URL',
    });
    const elsewhere = { ...dependencies, launched: async () => [running('/shop')] };
    await expect(findSystem({}, elsewhere)).rejects.toThrow('elsewhere there runs /shop (http://localhost:8080)');
  });
});

describe('names', () => {
  const system = { ...(launchedIn('/repository', [running('/repository')]) as System) };

  it('stand for all replicas of a service, or for one', () => {
    expect(replicasNamed('hello', system).map(({ name }) => name)).toEqual(['hello-1', 'hello-2']);
    expect(replicasNamed('hello-2', system).map(({ name }) => name)).toEqual(['hello-2']);
    expect(replicaNamed('hello-1', system).name).toBe('hello-1');
  });

  it('that are mistyped get a suggestion', () => {
    expect(() => replicasNamed('helo', system)).toThrow('got "helo"; did you mean "hello"?');
    expect(() => replicasNamed('hello-9', system)).toThrow('got "hello-9"; did you mean "hello-1"?');
    expect(() => replicaNamed('hello', system)).toThrow(
      'expected a replica that runs, got "hello"; did you mean "hello-1"?',
    );
  });

  it('of services are in the order of the alphabet', () => {
    const replica = { name: 'x', address: undefined, operators: undefined, pid: undefined, isDead: false };
    expect([
      ...byService([
        { ...replica, service: 'b' },
        { ...replica, service: 'a' },
      ]).keys(),
    ]).toEqual(['a', 'b']);
  });
});
