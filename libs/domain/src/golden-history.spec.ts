import { expect, it } from 'vitest';
import { goldenHistory } from './golden-history';

const manifest = { golden: { historyOrdinals: [7, 8], expectedOrdinals: [9] }, createdAtMs: 1_000_000 };

it('begins with the history that the release was checked with, and repeats until it is long enough', () => {
  const history = goldenHistory({ manifest, count: 5 });
  expect(history.map(({ ordinal }) => ordinal)).toEqual([7, 8, 9, 7, 8]);
  expect(history.map(({ timeMs }) => timeMs)).toEqual([700_000, 760_000, 820_000, 880_000, 940_000]);
});

it('is empty for a release without items', () => {
  const empty = { ...manifest, golden: { historyOrdinals: [], expectedOrdinals: [] } };
  expect(goldenHistory({ manifest: empty, count: 5 })).toEqual([]);
});
