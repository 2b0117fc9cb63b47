import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { createUpstream } from '../upstream.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

describe('many endpoints', () => {
  const urls = Array.from({ length: 2_000 }, (_, n) => `http://10.0.${n >> 8}.${n & 255}:8080`);

  it('hold at most 10 kB each while they are idle', async () => {
    const heldBytes = () => {
      gc();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    await createUpstream('many', urls).close(); // loads and compiles what is needed
    const before = heldBytes();
    const upstream = createUpstream('many', urls);
    const perEndpoint = (heldBytes() - before) / urls.length;
    await upstream.close();
    expect(perEndpoint).toBeGreaterThan(500);
    expect(perEndpoint).toBeLessThan(10_000);
  });

  it('are read without a look at the whole list for each', async () => {
    let looks = 0;
    const counted = Object.assign([...urls], {
      toString: () => {
        looks++;
        return urls.join(',');
      },
    });
    await createUpstream('many', counted).close();
    expect(looks).toBeLessThan(5);
  });
});
