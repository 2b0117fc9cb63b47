import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { createUpstream } from '@parley/client';
import { headerNames } from '@parley/contract';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Service } from 'kubernetes-models/v1/Service';
import { parse, parseAllDocuments } from 'yaml';
import { readSettings } from '../packages/service/src/process/settings.ts';
import { standardOptions } from '../packages/service/src/process/standard-options.ts';

const models = { Service, Deployment, PodDisruptionBudget, NetworkPolicy, HTTPRoute };
type Manifests = { [K in keyof typeof models]: InstanceType<(typeof models)[K]> };

const text = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** The manifests of the page, by their kind. */
function manifests(): Manifests {
  const blocks = [...text('docs/kubernetes.md').matchAll(/```yaml\n([\s\S]*?)```/g)];
  const documents = blocks.flatMap(([, yaml = '']) => parseAllDocuments(yaml).map((document) => document.toJS()));
  return Object.fromEntries(documents.map((one: { kind: string }) => [one.kind, one])) as Manifests;
}

/** Data that takes off `unread` the path of each of its members that somebody reads. */
function watched<T extends object>(data: T, unread: Set<string>, path = ''): T {
  for (const name of Object.keys(data)) unread.add(`${path}/${name}`);
  return new Proxy(data, {
    get(target, name) {
      const value = Reflect.get(target, name);
      unread.delete(`${path}/${String(name)}`);
      return typeof value === 'object' && value !== null ? watched(value, unread, `${path}/${String(name)}`) : value;
    },
  });
}

/** Members that the schema has no word of: it allows them, and Kubernetes drops them. @throws Error where the schema is not met */
function unknownMembers<K extends keyof Manifests>(kind: K, manifest: Manifests[K]): string[] {
  const unread = new Set<string>();
  const data = watched(manifest, unread);
  models[kind].prototype.validate.call(data);
  return [...unread];
}

const { Service: service, Deployment: deployment, PodDisruptionBudget: budget, HTTPRoute: route } = manifests();
const pod = deployment.spec?.template;
const container = pod?.spec?.containers[0];
const environment = Object.fromEntries(
  container?.env?.map(({ name, value = 'a-token-of-32-characters-or-more-' }) => [name, value]) ?? [],
);

describe('the manifests of docs/kubernetes.md', () => {
  it.each(Object.keys(models) as (keyof Manifests)[])('have a %s of which the schema knows each member', (kind) => {
    expect(unknownMembers(kind, manifests()[kind])).toEqual([]);
  });

  it('would be found to have a misspelled member, and a value of another type', () => {
    const { Deployment: wrong } = manifests();
    const { startupProbe, ...others } = wrong.spec?.template.spec?.containers[0] ?? {};
    const misspelled = { ...others, readinesProbe: startupProbe };
    Object.assign(wrong.spec?.template.spec ?? {}, { containers: [misspelled] });
    expect(unknownMembers('Deployment', wrong)).toContain('/spec/template/spec/containers/0/readinesProbe');
    Object.assign(misspelled, { startupProbe: { ...startupProbe, periodSeconds: '1' } });
    expect(() => unknownMembers('Deployment', wrong)).toThrow('periodSeconds must be integer');
  });

  it('choose the pods of the deployment', () => {
    const labels = pod?.metadata?.labels;
    const spread = pod?.spec?.topologySpreadConstraints?.map(({ labelSelector }) => labelSelector?.matchLabels);
    const policy = manifests().NetworkPolicy.spec?.podSelector?.matchLabels;
    const chosen = [service.spec?.selector, deployment.spec?.selector.matchLabels, budget.spec?.selector?.matchLabels];
    for (const one of [...chosen, ...(spread ?? []), policy]) expect(one).toEqual(labels);
  });

  it('name ports that the service listens on by default', () => {
    const { port, adminPort } = readSettings(environment);
    expect(container?.ports).toEqual([
      { name: 'http', containerPort: port },
      { name: 'operators', containerPort: adminPort },
    ]);
    const { startupProbe, readinessProbe, livenessProbe } = container ?? {};
    for (const probe of [startupProbe, readinessProbe, livenessProbe]) expect(probe?.httpGet?.port).toBe('operators');
    expect(service.spec?.ports).toEqual([{ name: 'http', port }]);
    expect(route.spec.rules?.[0]?.backendRefs).toEqual([{ name: service.metadata?.name, port }]);
  });

  it('give a service settings that it reads, and time for its drain', () => {
    const { drainDelayMs, drainTimeoutMs, adminReadToken, adminActToken, trustedProxies } = readSettings(environment);
    expect({ adminReadToken, adminActToken, trustedProxies }).toEqual({
      adminReadToken: expect.any(String),
      adminActToken: expect.any(String),
      trustedProxies: ['10.8.0.0/14'],
    });
    expect([drainDelayMs, drainTimeoutMs]).toEqual([10_000, 10_000]);
    expect(pod?.spec?.terminationGracePeriodSeconds).toBe((drainDelayMs + drainTimeoutMs) / 1000 + 5);
  });

  it('give an address that a client takes, and the gateway a fifth more time than the service has', async () => {
    const upstream = createUpstream('greetings', String(environment.GREETINGS_URL));
    await upstream.close();
    const seconds = Number(/^(\d+)s$/.exec(String(route.spec.rules?.[0]?.timeouts?.request))?.[1]);
    expect(seconds * 1000).toBe(1.2 * standardOptions.requestTimeoutMs);
  });

  it('hold a replica to the limits of the compose file', () => {
    const compose = parse(text('docker-compose.yml'), { merge: true });
    const [, memory] = /:-(\d+M)\}/.exec(compose['x-replicated'].resources.limits.memory) ?? [];
    expect(container?.resources?.limits).toEqual({ memory: `${memory}i` });
    expect(container?.securityContext).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    expect(container?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual(compose['x-service'].tmpfs);
  });

  it('keep from services and clients the headers that nginx keeps from them', () => {
    const own = new Set<string>(Object.values(headerNames));
    const namesIn = (pattern: RegExp) =>
      [...text('nginx/proxy.conf').matchAll(pattern)]
        .map(([, name = '']) => name.toLowerCase())
        .filter((name) => own.has(name));
    const removed = (kind: 'requestHeaderModifier' | 'responseHeaderModifier') =>
      route.spec.rules?.[0]?.filters?.flatMap((filter) => filter[kind]?.remove ?? []);
    const emptied = namesIn(/^proxy_set_header (\S+) "";/gm);
    expect(removed('requestHeaderModifier')?.sort()).toEqual(emptied.sort());
    // nginx sends the id of the request by itself.
    const hidden = namesIn(/^proxy_hide_header (\S+);/gm).filter((name) => name !== headerNames.requestId);
    expect(removed('responseHeaderModifier')?.sort()).toEqual(hidden.sort());
  });
});
