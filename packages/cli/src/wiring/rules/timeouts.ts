import { msOf } from '@parley/local';
import type { Deployment, Route } from '../deployment.ts';
import { ownNamed, settingIn } from '../nginx-contexts.ts';
import { type Problem, problem, type Rules } from '../rule.ts';
import { shownMs } from '../units.ts';

const nginxTimeoutMs = 60_000;
/** How much longer than a service a gateway may wait. */
const mostWait = 1.5;

const readMsOf = (route: Route) => msOf(settingIn(route, 'proxy_read_timeout')?.args[0] ?? '') ?? nginxTimeoutMs;
/** A stream is silent for as long as it likes. */
const isStream = (route: Route) => settingIn(route, 'proxy_buffering')?.args[0] === 'off';
/** A location has a time of its own for an operation that takes longer: the service's option for it is in code, which is not read. */
const hasOwnTime = (route: Route) => ownNamed(route.directive, 'proxy_read_timeout').length > 0;
const requestMs = ({ services }: Deployment) =>
  Math.max(0, ...services.flatMap(({ limits }) => limits?.requestTimeoutMs ?? []));

/** How long a caller waits at worst, and which tier gives up first. */
export const timeoutRules: Rules = {
  'read-timeout': {
    finds: "the gateway gives up before the service's own request timeout, and no policy says so",
    in: (deployment) =>
      deployment.routes.flatMap((route): readonly Problem[] => {
        const [readMs, ownMs] = [readMsOf(route), requestMs(deployment)];
        const setting = settingIn(route, 'proxy_read_timeout');
        if (readMs > ownMs || deployment.isOfPolicy(setting)) return [];
        return [
          problem(
            setting ?? deployment.http,
            `the gateway gives up after ${shownMs(readMs)} and the services after ${shownMs(ownMs)}, so callers get the gateway's 504 and never the answer of ` +
              `the service, which says more: set proxy_read_timeout above ${shownMs(ownMs)}`,
          ),
        ];
      }),
  },
  'worst-case-latency': {
    finds: `the gateway waits for more than ${mostWait} × the service's request timeout, and no policy says so`,
    in: (deployment) =>
      deployment.routes.flatMap((route): readonly Problem[] => {
        const [readMs, ownMs] = [readMsOf(route), requestMs(deployment)];
        const setting = settingIn(route, 'proxy_read_timeout');
        if (ownMs === 0 || isStream(route) || hasOwnTime(route) || readMs <= mostWait * ownMs) return [];
        if (deployment.isOfPolicy(setting)) return [];
        return [
          problem(
            setting ?? deployment.http,
            `the gateway waits ${shownMs(readMs)} for a reply and services end a request after ${shownMs(ownMs)}, so a caller of a replica that hangs waits ` +
              `long after its answer is due: set proxy_read_timeout to ${shownMs(ownMs * 1.2)}`,
          ),
        ];
      }),
  },
  'connect-timeout': {
    finds: 'connecting takes as long as one attempt of a client may take: a killed container does not refuse, it hangs',
    in: (deployment) =>
      deployment.routes.flatMap((route): readonly Problem[] => {
        const setting = settingIn(route, 'proxy_connect_timeout');
        const connectMs = msOf(setting?.args[0] ?? '') ?? nginxTimeoutMs;
        const { attemptTimeoutMs } = deployment.client;
        if (2 * connectMs < attemptTimeoutMs) return [];
        return [
          problem(
            setting ?? deployment.http,
            `the gateway waits ${shownMs(connectMs)} for each connection and a client gives an attempt ${shownMs(attemptTimeoutMs)}, so two killed replicas use ` +
              'it up: set proxy_connect_timeout to 200ms',
          ),
        ];
      }),
  },
};
