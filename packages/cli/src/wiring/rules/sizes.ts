import { bytesOf } from '@parley/local';
import type { Deployment } from '../deployment.ts';
import { settingIn } from '../nginx-contexts.ts';
import { type Problem, problem, type Rules } from '../rule.ts';
import { shownBytes } from '../units.ts';

/** Headers that the gateway adds: identity, trace, forwarded addresses. */
const addedBytes = 1024;
/** Node's own bound, for services that are not ours. */
const nodeHeaderBytes = 16_384;
const nginxBodyBytes = 1024 ** 2;

const smallest = ({ services }: Deployment, limit: 'maxHeaderBytes' | 'bodyLimitBytes', standard: number) =>
  Math.min(standard, ...services.flatMap(({ limits }) => limits?.[limit] ?? []));
const largestBody = ({ services }: Deployment) =>
  Math.max(0, ...services.flatMap(({ limits }) => limits?.bodyLimitBytes ?? []));

/** Sizes that one tier lets pass, and the next must bear. */
export const sizeRules: Rules = {
  'header-limit': {
    finds: 'what the gateway takes of headers, and 1 KiB that it adds, does not fit into the 16 KiB that Node takes',
    in: (deployment) =>
      deployment.routes.flatMap((route): readonly Problem[] => {
        const first = settingIn(route, 'client_header_buffer_size');
        const large = settingIn(route, 'large_client_header_buffers');
        const firstBytes = bytesOf(first?.args[0] ?? '1k') ?? 1024;
        const [count = '4', size = '8k'] = large?.args ?? [];
        const taken = firstBytes + Number(count) * (bytesOf(size) ?? 0) + addedBytes;
        const limit = smallest(deployment, 'maxHeaderBytes', nodeHeaderBytes);
        if (taken <= limit) return [];
        return [
          problem(
            large ?? first ?? deployment.http,
            `the gateway passes headers of ${shownBytes(taken)} on, its own included, and Node takes ${shownBytes(limit)}, so the service answers 431 ` +
              'in place of the gateway and closes a connection that others use: set a smaller headerBytes in gateway/policy.yaml, or a smaller large_client_header_buffers where there is no policy',
          ),
        ];
      }),
  },
  'reply-header-limit': {
    finds: '`proxy_buffer_size` is smaller than the headers that a service may send',
    in: (deployment) =>
      deployment.routes.flatMap((route): readonly Problem[] => {
        const setting = settingIn(route, 'proxy_buffer_size');
        const bytes = bytesOf(setting?.args[0] ?? '4k') ?? 0;
        if (bytes >= nodeHeaderBytes) return [];
        return [
          problem(
            setting ?? deployment.http,
            `proxy_buffer_size is ${shownBytes(bytes)}, so a reply with larger headers, such as a long cookie, is a 502: set it to 16k`,
          ),
        ];
      }),
  },
  'body-limit': {
    finds: 'the gateway refuses bodies that a service takes, and no policy says so',
    in: (deployment) =>
      deployment.routes.flatMap((route): readonly Problem[] => {
        const setting = settingIn(route, 'client_max_body_size');
        const bytes = bytesOf(setting?.args[0] ?? '') ?? nginxBodyBytes;
        const limit = largestBody(deployment);
        if (bytes === 0 || bytes >= limit || deployment.isOfPolicy(setting)) return [];
        return [
          problem(
            setting ?? deployment.http,
            `the gateway refuses bodies above ${shownBytes(bytes)} and services take ${shownBytes(limit)}, so callers get 413 for what the contract ` +
              `allows: set client_max_body_size to ${shownBytes(limit)} or more`,
          ),
        ];
      }),
  },
  'body-limit-off': {
    finds: 'the gateway has no limit for bodies',
    in: ({ routes }) =>
      routes
        .map((route) => settingIn(route, 'client_max_body_size'))
        .filter((setting) => setting !== undefined && bytesOf(setting.args[0] ?? '') === 0)
        .map((setting) =>
          problem(
            setting as NonNullable<typeof setting>,
            'client_max_body_size 0 turns the limit off, so one client fills the disk of the gateway with bodies that every service refuses: set a size',
          ),
        ),
  },
};
