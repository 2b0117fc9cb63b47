import { expect, it } from '@jest/globals';
import { ageText, durationText } from './durations.ts';

it.each([
  [0.84, '0.8 ms'],
  [43.2, '43 ms'],
  [1_234, '1.2 s'],
])('a duration of %d ms is "%s"', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it.each([
  [-5, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [7_200_000, '2 h'],
  [259_200_000, '3 d'],
])('an age of %d ms is "%s"', (ms, text) => {
  expect(ageText(ms)).toBe(text);
});
