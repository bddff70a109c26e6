import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { RaggedColumn } from './ragged-column';

describe('RaggedColumn', () => {
  it('holds what was set last, through moves, shrinking and compaction', () => {
    const random = seededRandom(3);
    const column = new RaggedColumn(Uint32Array);
    const expected = new Map<number, number[]>();
    for (let step = 0; step < 30_000; step += 1) {
      const ordinal = Math.floor(random() * 500);
      const row = Array.from({ length: Math.floor(random() * 20) }, () => Math.floor(random() * 1e9));
      column.set(ordinal, row);
      expected.set(ordinal, row);
    }
    for (let ordinal = 0; ordinal < 500; ordinal += 1)
      expect(Array.from(column.row(ordinal))).toEqual(expected.get(ordinal) ?? []);
  });

  it('reclaims abandoned cells, so endless rewriting stays within a bound', () => {
    const column = new RaggedColumn(Uint8Array);
    for (let step = 0; step < 200_000; step += 1) {
      column.set(step % 10, []);
      column.set(step % 10, [1, 2, 3, 4]);
    }
    expect(column.pool.length).toBeLessThan(400_000);
    expect(Array.from(column.row(9))).toEqual([1, 2, 3, 4]);
  });

  it('packs its rows in order and reads them back', () => {
    const column = new RaggedColumn(Uint32Array);
    column.set(3, [7, 8]);
    column.set(1, [5]);
    column.set(1, [6, 6, 6]);
    const rows = column.snapshot(5);
    expect(Array.from(rows.offsets)).toEqual([0, 0, 3, 3, 5, 5]);
    expect(Array.from(rows.values)).toEqual([6, 6, 6, 7, 8]);
    expect(Array.from(new RaggedColumn(Uint32Array, rows).row(3))).toEqual([7, 8]);
  });
});
