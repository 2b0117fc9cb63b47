import { describe, expect, it, jest } from '@jest/globals';
import { InvalidToken } from './invalid-token.ts';
import { rememberMs, rememberTokens } from './remembered-tokens.ts';
import type { VerifyToken } from './token-verifier.ts';

const principal = { subject: 'hello', issuer: 'i', scopes: [] };

function remembering(expiresAtMs = Number.POSITIVE_INFINITY) {
  const time = { ms: 0 };
  const verify = jest.fn<VerifyToken>().mockResolvedValue({ principal, isService: true, expiresAtMs });
  return { remembered: rememberTokens(verify, () => time.ms), verify, time };
}

describe('remembered-tokens', () => {
  it('checks a token once, and again when that is a while ago', async () => {
    const { remembered, verify, time } = remembering();
    for (let count = 0; count < 5; count += 1) expect((await remembered('a', undefined)).principal).toBe(principal);
    time.ms = rememberMs - 1;
    await remembered('a', undefined);
    expect(verify).toHaveBeenCalledTimes(1);
    time.ms += 1;
    await remembered('a', undefined);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('checks an expired token at once', async () => {
    const { remembered, verify, time } = remembering(1000);
    await remembered('a', undefined);
    time.ms = 999;
    await remembered('a', undefined);
    expect(verify).toHaveBeenCalledTimes(1);
    time.ms = 1000;
    await remembered('a', undefined);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it('takes a token over another connection’s certificate for another', async () => {
    const { remembered, verify } = remembering();
    for (const thumbprint of ['x', 'y', undefined, 'x', 'y', undefined]) await remembered('a', thumbprint);
    expect(verify.mock.calls).toEqual([
      ['a', 'x'],
      ['a', 'y'],
      ['a', undefined],
    ]);
  });

  it('remembers nothing that was refused', async () => {
    const { remembered, verify } = remembering();
    verify.mockRejectedValueOnce(new InvalidToken('unknown key'));
    await expect(remembered('a', undefined)).rejects.toThrow('unknown key');
    await expect(remembered('a', undefined)).resolves.toBeDefined();
  });

  it('forgets the oldest of too many', async () => {
    const { remembered, verify } = remembering();
    for (let token = 0; token <= 1000; token += 1) await remembered(`${token}`, undefined);
    await remembered('1', undefined);
    expect(verify).toHaveBeenCalledTimes(1001);
    await remembered('0', undefined);
    expect(verify).toHaveBeenCalledTimes(1002);
  });
});
