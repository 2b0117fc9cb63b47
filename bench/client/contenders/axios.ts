import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import axios, { type AxiosInstance } from 'axios';
import axiosRetry, { exponentialDelay } from 'axios-retry';
import CircuitBreaker from 'opossum';
import { paths, posted } from '../bodies.ts';
import { type Call, type Contender, expectOk, originOf, type Target } from '../contender.ts';

function calling(instance: AxiosInstance, { scenario }: Target): Call {
  const path = paths[scenario.exchange];
  return async () => {
    const { status, data } = await (scenario.exchange === 'post' ? instance.post(path, posted) : instance.get(path));
    expectOk(status);
    return data;
  };
}

function withAgent(baseURL: string): AxiosInstance {
  const agents = { httpAgent: new Agent({ keepAlive: true }), httpsAgent: new SecureAgent({ keepAlive: true }) };
  return axios.create({ baseURL, ...agents });
}

/** axios as it comes. */
export const axiosDefault: Contender = (target) => {
  const isHttp2 = target.scenario.protocol === 'http2-tls';
  return calling(axios.create({ baseURL: originOf(target), ...(isHttp2 && { httpVersion: 2 }) }), target);
};

/** axios with a keep-alive agent. */
export const axiosAgent: Contender = (target) =>
  target.scenario.protocol === 'http2-tls' ? undefined : calling(withAgent(originOf(target)), target);

/** What a careful user writes by hand: agent, timeout, axios-retry and a breaker around it. */
export const axiosByHand: Contender = (target) => {
  if (target.scenario.protocol === 'http2-tls') return undefined;
  const breaker = breakerAround(calling(carefulAxios(originOf(target)), target));
  return () => breaker.fire();
};

/** axios with what a careful user gives it: agent, timeout and retries. */
export function carefulAxios(baseURL: string): AxiosInstance {
  const instance = withAgent(baseURL);
  instance.defaults.timeout = 2_000;
  axiosRetry(instance, { retries: 2, retryDelay: exponentialDelay });
  return instance;
}

/** The breaker of {@link axiosByHand}. */
export function breakerAround<Given extends unknown[], Answer>(
  call: (...given: Given) => Promise<Answer>,
): CircuitBreaker<Given, Answer> {
  return new CircuitBreaker(call, { timeout: 5_000, rollingPercentilesEnabled: false });
}
