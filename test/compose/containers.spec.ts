import { describe, expect, it } from '@jest/globals';
import { ask, expectProblem } from '../public-api.ts';
import { baseUrl, compose, containersOf, docker, isHealthy, services } from './stack.ts';

interface Container {
  readonly Config: { readonly User: string };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: string[] | null;
    readonly CapAdd: string[] | null;
    readonly SecurityOpt: string[] | null;
    readonly PortBindings: Readonly<Record<string, readonly { HostIp: string }[]>>;
  };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { IPAddress: string }>> };
}

const inspect = async (service: string) =>
  JSON.parse(await docker('inspect', ...(await containersOf(service)))) as Container[];
const exec = (service: string, ...command: string[]) => compose('exec', '--no-TTY', service, ...command);

describe.each([...services, 'gateway', 'database'])('%s', (service) => {
  it('is healthy', async () => {
    const containers = await containersOf(service);
    expect(containers).toHaveLength(service === 'gateway' || service === 'database' ? 1 : 2);
    expect(await Promise.all(containers.map(isHealthy))).not.toContain(false);
  });

  it('runs without any privilege', async () => {
    for (const { Config, HostConfig } of await inspect(service)) {
      expect(Config.User).toMatch(/^(node|nginx|postgres)$/);
      expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], CapAdd: null });
      expect(HostConfig.SecurityOpt).toContain('no-new-privileges:true');
    }
    expect(await exec(service, 'id', '-u')).not.toBe('0');
  });

  it('publishes no port, but for the gateway, and that on loopback', async () => {
    for (const { HostConfig } of await inspect(service)) {
      const published = Object.entries(HostConfig.PortBindings).map(([port, [at]]) => `${at?.HostIp} ${port}`);
      expect(published).toEqual(service === 'gateway' ? ['127.0.0.1 8080/tcp'] : []);
    }
  });
});

describe.each(services)('the image of %s', (service) => {
  it('holds what the service runs from, and nothing else', async () => {
    const modules = (await exec(service, 'ls', 'node_modules', 'node_modules/@parley')).split('\n');
    expect(modules).toEqual(expect.arrayContaining(['express', 'zod', 'contract', 'service', service]));
    for (const tool of ['node', 'jest', 'typescript', '@biomejs', '@jest', 'supertest', 'fast-check', 'local']) {
      expect(modules).not.toContain(tool);
    }
    const ours = ['find', '/app', '-path', '/app/node_modules', '-prune', '-o', '-type', 'f', '-print'];
    const files = (await exec(service, ...ours)).split('\n');
    expect(files).toContain(`/app/services/${service}/main.ts`);
    expect(files.filter((file) => /\.test\.ts$|\/test|\.env|\.git|\.npmrc|lock\.json|\.pem$/.test(file))).toEqual([]);
    const others = files.filter((file) => /\/services\//.test(file) && !file.includes(`/services/${service}/`));
    expect(others.filter((file) => !/\/(contract\.ts|package\.json)$/.test(file))).toEqual([]);
  });

  it('holds compiled code that its user can read, and not change', async () => {
    const cache = (await exec(service, 'sh', '-c', 'ls -d "$NODE_COMPILE_CACHE"/*')).trim();
    const count = async (...test: string[]) =>
      (await exec(service, 'find', cache, '-type', 'f', ...test)).split('\n').filter(Boolean).length;
    const all = await count();
    expect(all).toBeGreaterThan(100);
    expect(await count('-readable')).toBe(all);
    expect(await count('-user', 'root')).toBe(all);
    expect(await count('-writable')).toBe(0);
  });

  it('has a young generation that its memory limit does not make tiny', async () => {
    // Garbage enough that it grows. Node's own choice with 256 MB of memory is 2 MiB at most: twice the semi-space.
    const code = `let kept = []; for (let i = 0; i < 2e6; i++) { kept.push({ i }); if (kept.length > 2e4) kept = []; }
      console.log(require('node:v8').getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size)`;
    expect(Number(await exec(service, 'node', '-e', code))).toBeGreaterThan(4 * 2 ** 20);
  });

  it('cannot change its own code', async () => {
    await expect(exec(service, 'touch', '/app/main.ts')).rejects.toThrow(/Read-only|Permission denied/);
  });
});

describe('the wiring', () => {
  it('lets only the guestbook reach the database', async () => {
    const [database] = await inspect('database');
    const address = Object.values(database?.NetworkSettings.Networks ?? {})[0]?.IPAddress ?? '';
    const dial = (host: string) =>
      `require('node:net').connect(5432, '${host}').on('connect', () => process.exit(0)).setTimeout(1500, () => process.exit(2))`;
    await expect(exec('guestbook', 'node', '-e', dial(address))).resolves.toBe('');
    for (const service of ['greetings', 'hello']) {
      await expect(exec(service, 'node', '-e', dial(address))).rejects.toThrow();
      await expect(exec(service, 'node', '-e', dial('database'))).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
    }
    await expect(exec('gateway', 'curl', '-sS', '-m', '2', `telnet://${address}:5432`)).rejects.toThrow(/curl/);
    await expect(exec('gateway', 'curl', '-sS', '-m', '2', 'telnet://database:5432')).rejects.toThrow(/resolve/);
  });

  it.each(['/livez', '/readyz', '/metrics', '/status', '/docs'])(
    'has no way through the gateway to %s',
    async (path) => {
      expectProblem(await ask(baseUrl(), path), 404, 'not_found');
    },
  );

  it('has no way through the gateway to the metrics by a path that climbs', async () => {
    expectProblem(await ask(baseUrl(), '/api/hello/../../metrics'), 400, 'rejected');
  });

  it('is valid for Compose, and takes a password from outside', async () => {
    expect(await compose('config', '--quiet')).toBe('');
    const files = ['docker-compose.yml', 'docker-compose.observability.yml'].flatMap((file) => ['--file', file]);
    expect(await compose(...files, 'config', '--quiet')).toBe('');
  });
});
