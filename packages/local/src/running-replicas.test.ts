import { describe, expect, it } from '@jest/globals';
import { RunningReplicas } from './running-replicas.ts';

describe('RunningReplicas', () => {
  it('replaces no replica that it does not have, and says which run', async () => {
    const replicas = new RunningReplicas({ isClosing: () => false } as ConstructorParameters<
      typeof RunningReplicas
    >[0]);
    await expect(replicas.replace('hello-9')).rejects.toThrow(
      'expected a replica that runs, got "hello-9"; running: none',
    );
  });
});
