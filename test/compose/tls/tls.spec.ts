import { describe, expect, it } from '@jest/globals';
import { isTlsEdge, withTlsStack } from './tls-stack.ts';

const stack = withTlsStack('parley-tls', ['.tls']);

/** What curl prints in the gateway's container, where the services are in reach. */
const inside = (...args: string[]) =>
  stack.compose('exec', '-T', 'gateway', 'curl', '-sS', '-m', '5', '--cacert', '/run/tls/ca.crt', ...args);

describe('nginx with TLS in compose', () => {
  isTlsEdge(stack);

  it.each(['greetings', 'hello', 'guestbook'])('lets no client without a certificate call %s', async (service) => {
    await expect(inside(`https://${service}:3000/`)).rejects.toThrow(/certificate required|alert/);
    await expect(inside(`http://${service}:3000/`)).rejects.toThrow();
  });

  it('is a caller with a certificate, to which services speak HTTP/2', async () => {
    const certificate = ['--cert', '/run/tls/tls.crt', '--key', '/run/tls/tls.key'];
    const answer = await inside(...certificate, '-w', ' %{http_version}', 'https://hello:3000/api/hello');
    expect(answer).toBe('{"message":"Hello, World!"} 2');
  });
});
