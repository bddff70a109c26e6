import { describe, expect, it } from 'vitest';
import { AssignedRows, DirectRows, HashedRows, SHARED_ROW } from './row-assignment';

describe('DirectRows', () => {
  it('gives key k row k + 1 once it is admitted, and the shared row before', () => {
    const rows = DirectRows.empty();
    expect(rows.rowOf(4)).toBe(SHARED_ROW);
    rows.admit([4]);
    expect([rows.rowOf(4), rows.rowOf(3), rows.rowCount]).toEqual([5, SHARED_ROW, 6]);
  });

  it('names the rows of keys that expire, and gives them back when these return', () => {
    const rows = DirectRows.empty();
    rows.admit([1, 2]);
    expect(rows.expire([2, 9])).toEqual([3]);
    expect([rows.isAdmitted(2), rows.rowOf(2)]).toEqual([false, SHARED_ROW]);
    rows.admit([2]);
    expect(rows.rowOf(2)).toBe(3);
  });
});

describe('AssignedRows', () => {
  it('needs a row for each admitted key, however high the keys are', () => {
    const rows = AssignedRows.empty();
    rows.admit([1_000_000, 7]);
    expect([rows.rowOf(1_000_000), rows.rowOf(7), rows.rowOf(8), rows.rowCount]).toEqual([1, 2, 0, 3]);
  });

  it('gives the rows of expired keys to new ones', () => {
    const rows = AssignedRows.empty();
    rows.admit([10, 11, 12]);
    expect(rows.expire([11, 99])).toEqual([2]);
    rows.admit([20, 21]);
    expect([rows.rowOf(20), rows.rowOf(21), rows.rowCount]).toEqual([2, 4, 5]);
  });

  it('knows its free rows again when it is made from its column', () => {
    const before = AssignedRows.empty();
    before.admit([0, 1, 2]);
    before.expire([1]);
    const after = AssignedRows.of(before.column, before.rowCount);
    after.admit([5]);
    expect(after.rowOf(5)).toBe(2);
    expect(() => AssignedRows.of(Uint32Array.of(9), 3)).toThrow('row 9 is beyond');
  });
});

describe('HashedRows', () => {
  const rowCount = 1000;
  const keys = Uint32Array.from({ length: 20_000 }, (_, key) => key);
  const rows = HashedRows.empty(rowCount);
  rows.admit(keys);

  it('tells twenty times as many keys as rows apart by pairs of rows', () => {
    const pairs = new Set(Array.from(keys, (key) => rows.rowOf(key) * rowCount + rows.secondRowOf(key)));
    // A birthday problem: 20,000 keys among 999² pairs collide about 200 times.
    expect(pairs.size).toBeGreaterThan(0.985 * keys.length);
  });

  it('uses all rows alike and leaves the shared row alone', () => {
    const counts = new Uint32Array(rowCount);
    for (const key of keys) {
      counts[rows.rowOf(key)] += 1;
      counts[rows.secondRowOf(key)] += 1;
    }
    expect(counts[SHARED_ROW]).toBe(0);
    const mean = (2 * keys.length) / (rowCount - 1);
    const variance = counts.subarray(1).reduce((sum, count) => sum + (count - mean) ** 2, 0) / (rowCount - 1);
    // Poisson: the variance is the mean.
    expect(variance / mean).toBeGreaterThan(0.85);
    expect(variance / mean).toBeLessThan(1.15);
  });

  it('sends a key that is not admitted, or no longer, to the shared row alone', () => {
    const few = HashedRows.of(Uint8Array.of(1, 1), 10);
    expect([few.rowOf(2), few.secondRowOf(2)]).toEqual([SHARED_ROW, -1]);
    expect(few.expire([1])).toEqual([]);
    expect([few.rowOf(1), few.secondRowOf(1)]).toEqual([SHARED_ROW, -1]);
    expect(few.rowOf(0)).not.toBe(SHARED_ROW);
  });
});
