import { mappingOf } from '@parley/local';
import type { Container, Deployment } from '../deployment.ts';
import { type Problem, problem, type Rules } from '../rule.ts';

/** A way to contain a container, that others of the file have. */
interface Containment {
  readonly member: string;
  readonly isContained: (container: Container) => boolean;
  /** Whether others must have it before its absence counts. */
  readonly isCompared: boolean;
  readonly sentence: (name: string) => string;
}

const words = (written: unknown) => (Array.isArray(written) ? written.map(String) : []);

/** The last stage of a Dockerfile counts. */
function isRootInImage(dockerfile: string): boolean {
  const stages = dockerfile.split(/^\s*FROM\s+/im).slice(1);
  const bases = new Map(stages.map((stage) => [/\sAS\s+(\S+)/i.exec(stage.split('\n')[0] ?? '')?.[1] ?? '', stage]));
  for (let stage = stages.at(-1), depth = 0; stage !== undefined && depth < 50; depth++) {
    const user = [...stage.matchAll(/^\s*USER\s+(\S+)/gim)].at(-1)?.[1];
    if (user !== undefined) return isRoot(user);
    stage = bases.get(stage.split(/\s/)[0] ?? '');
  }
  return true;
}

const isRoot = (user: unknown) => /^(root|0)(:|$)/.test(String(user));

function runsAsRoot({ entry, dockerfile }: Container): boolean {
  if (entry.user !== undefined) return isRoot(entry.user);
  return dockerfile === undefined || isRootInImage(dockerfile);
}

function uncontained(
  { containers }: Deployment,
  { member, isContained, isCompared, sentence }: Containment,
): readonly Problem[] {
  if (isCompared && !containers.some(isContained)) return [];
  return containers
    .filter((container) => !isContained(container))
    .map((container) => problem(container.at(member), sentence(container.name)));
}

const limitsOf = ({ entry }: Container) => mappingOf(mappingOf(mappingOf(entry.deploy)?.resources)?.limits);

/** What a container may have of memory and processes: `256M of memory and 100 processes`. Undefined where it has no such limit. */
function boundsOf(container: Container): string | undefined {
  const { entry } = container;
  const [memory, pids] = [
    limitsOf(container)?.memory ?? entry.mem_limit,
    limitsOf(container)?.pids ?? entry.pids_limit,
  ];
  const bounds = [
    ...(memory === undefined ? [] : [`${String(memory)} of memory`]),
    ...(Number(pids) > 0 ? [`${String(pids)} processes`] : []),
  ];
  return bounds.length === 0 ? undefined : bounds.join(' and ');
}

/** The official image writes a number that suits the limits in place of `auto`, where it is asked to. */
const isTuned = ({ environment }: Container) =>
  (environment.get('NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE') ?? '') !== '';

/** What a container that was broken into may do to the host; where others of the file may not. */
export const containmentRules: Rules = {
  'runs-as-root': {
    finds: 'a container runs as root, and others do not',
    in: (deployment) =>
      uncontained(deployment, {
        member: 'user',
        isCompared: true,
        isContained: (container) => !runsAsRoot(container),
        sentence: (name) =>
          `${name} runs as root, so a hole in it is root in its container: set "user:", or USER in its Dockerfile`,
      }),
  },
  'writable-files': {
    finds: 'a container may write to its own files, and others may not',
    in: (deployment) =>
      uncontained(deployment, {
        member: 'read_only',
        isCompared: true,
        isContained: ({ entry }) => entry.read_only === true,
        sentence: (name) =>
          `${name} may write to its own files, so an intruder can change its code: set "read_only: true" and "tmpfs: [/tmp]"`,
      }),
  },
  'capabilities-kept': {
    finds: 'a container has capabilities of root, and others have none',
    in: (deployment) =>
      uncontained(deployment, {
        member: 'cap_drop',
        isCompared: true,
        isContained: ({ entry }) => words(entry.cap_drop).some((word) => /^all$/i.test(word)),
        sentence: (name) =>
          `${name} keeps capabilities that it does not need, so an intruder can use them: set "cap_drop: [ALL]"`,
      }),
  },
  'may-gain-privileges': {
    finds: 'a container may gain privileges, and others may not',
    in: (deployment) =>
      uncontained(deployment, {
        member: 'security_opt',
        isCompared: true,
        isContained: ({ entry }) => words(entry.security_opt).some((word) => /^no-new-privileges(:true)?$/.test(word)),
        sentence: (name) =>
          `${name} may gain privileges by a setuid program: set 'security_opt: ["no-new-privileges:true"]'`,
      }),
  },
  'memory-unbounded': {
    finds: 'a container may use all memory of the host, and others may not',
    in: (deployment) =>
      uncontained(deployment, {
        member: 'deploy',
        isCompared: true,
        isContained: (container) =>
          limitsOf(container)?.memory !== undefined || container.entry.mem_limit !== undefined,
        sentence: (name) =>
          `${name} has no memory limit, so a leak in it ends other containers: set deploy.resources.limits.memory`,
      }),
  },
  'workers-unbounded': {
    finds: '`worker_processes auto` in a container with a pid or memory limit',
    in: ({ gateway, nginx }) => {
      const limits = gateway && boundsOf(gateway);
      if (!gateway || !limits || isTuned(gateway)) return [];
      return nginx
        .filter(({ name, args }) => name === 'worker_processes' && args[0] === 'auto')
        .map((directive) =>
          problem(
            directive,
            `${gateway.name} starts one worker for each CPU of the host and may have ${limits} only, so on a large host its workers are killed or do not ` +
              'start: set worker_processes to a number that the limits suit, such as 2',
          ),
        );
    },
  },
  'no-init': {
    finds: 'a container has no init process, and others have one',
    in: (deployment) =>
      uncontained(deployment, {
        member: 'init',
        isCompared: true,
        isContained: ({ entry }) => entry.init === true,
        sentence: (name) =>
          `${name} has no init process, so a hung process 1 cannot be killed from inside and ended children stay: set "init: true"`,
      }),
  },
  'host-shared': {
    finds: 'a container is privileged, or has the namespace or the Docker socket of the host',
    in: (deployment) =>
      deployment.containers.flatMap((container): readonly Problem[] => {
        const { entry } = container;
        const member = ['privileged', 'network_mode', 'pid', 'ipc'].find(
          (name) => entry[name] === true || entry[name] === 'host',
        );
        const socket = (Array.isArray(entry.volumes) ? entry.volumes : []).findIndex((volume: unknown) =>
          JSON.stringify(volume).includes('docker.sock'),
        );
        if (member === undefined && socket < 0) return [];
        return [
          problem(
            member === undefined ? container.at('volumes', socket) : container.at(member),
            `${container.name} has ${member === undefined ? 'the Docker socket' : `"${member}: ${String(entry[member])}"`}, so a hole in it is a hole in the host: remove it`,
          ),
        ];
      }),
  },
  'image-not-pinned': {
    finds: 'an image without a version',
    in: ({ containers }) =>
      containers
        .filter(({ isOurs, image }) => !isOurs && image !== undefined && !/:(?!latest$)[^/]+$|@sha256:/.test(image))
        .map((container) =>
          problem(
            container.at('image'),
            `${container.name} runs ${container.image} in whatever version there is, so the next start may run another program: add a version`,
          ),
        ),
  },
};
