import { describe, expect, it } from '@jest/globals';
import { shownBytes, shownMs } from './units.ts';

describe('units', () => {
  it('are shown as people write them', () => {
    expect([200, 1_500, 12_000, 1_234].map(shownMs)).toEqual(['200 ms', '1.5 s', '12 s', '1234 ms']);
    expect([512, 16_384, 1_536, 1_048_576].map(shownBytes)).toEqual(['512 bytes', '16 KiB', '1.5 KiB', '1 MiB']);
  });
});
