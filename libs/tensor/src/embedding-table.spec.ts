import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { EmbeddingTable } from './embedding-table';
import { RowGradients } from './row-gradients';

const bags = {
  offsets: Uint32Array.of(0, 2, 2, 3),
  rows: Uint32Array.of(0, 3, 3),
  weights: Float32Array.of(0.5, 2, 1),
};

function tableOf(rows: number[][]): EmbeddingTable {
  const data = Float32Array.from(rows.flat());
  return EmbeddingTable.fromTensor('table', { shape: [rows.length, rows[0].length], data }, rows[0].length);
}

describe('EmbeddingTable', () => {
  it('sums the weighted rows of every owner and leaves an empty bag zero', () => {
    const table = tableOf([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ]);
    const out = new Float32Array(6);
    table.addBags(bags, out);
    expect([...out]).toEqual([14.5, 17, 0, 0, 7, 8]);
  });

  it('routes the gradient of a bag back to its rows', () => {
    const gradients = new RowGradients(4, 2);
    gradients.addBags(bags, Float32Array.of(1, 10, 100, 100, 2, 20));
    const seen: Record<number, number[]> = {};
    gradients.forEach((row, values, offset) => {
      seen[row] = [...values.subarray(offset, offset + 2)];
    });
    expect(seen).toEqual({ 0: [0.5, 5], 3: [4, 40] });
  });

  it('updates only the rows of the batch, by one Adagrad accumulator per row', () => {
    const table = tableOf([
      [1, 1],
      [1, 1],
    ]);
    const gradients = new RowGradients(2, 2);
    gradients.add(1, 1, Float32Array.of(3, 4), 0);
    table.applyAdagrad(gradients, 0.1);
    const root = Math.sqrt((9 + 16) / 2);
    expect([...table.row(0)]).toEqual([1, 1]);
    expect(table.row(1)[0]).toBeCloseTo(1 - (0.1 * 3) / root, 6);
    expect(table.row(1)[1]).toBeCloseTo(1 - (0.1 * 4) / root, 6);
    table.applyAdagrad(gradients, 0.1);
    expect(table.row(1)[0]).toBeCloseTo(1 - (0.1 * 3) / root - (0.1 * 3) / Math.sqrt(25), 6);
  });

  it('draws the same rows from the same seed and keeps them when it grows', () => {
    const draw = (): EmbeddingTable =>
      EmbeddingTable.random({ rowCount: 5, dim: 3, standardDeviation: 0.1, random: seededRandom(4) });
    const table = draw();
    expect(table.values).toEqual(draw().values);
    table.grow(8);
    expect(table.rowCount).toBe(8);
    expect(table.values.subarray(0, 15)).toEqual(draw().values);
    expect([...table.row(7)]).toEqual([0, 0, 0]);
  });

  it('refuses a tensor of another width', () => {
    expect(() => EmbeddingTable.fromTensor('ids', { shape: [2, 3], data: new Float32Array(6) }, 4)).toThrow(
      'tensor ids has shape [2, 3], expected F32 [rows, 4]',
    );
  });
});

describe('a seeded EmbeddingTable', () => {
  const seeded = (rowCount = 200): EmbeddingTable =>
    EmbeddingTable.seeded({ rowCount, dim: 50, standardDeviation: 0.2, seed: 8 });

  it('has the same rows whatever the order in which they are first needed', () => {
    const [forwards, backwards] = [seeded(), seeded()];
    for (let row = 0; row < 200; row += 1) forwards.row(row);
    for (let row = 199; row >= 0; row -= 1) backwards.addRow(row, 0, new Float32Array(50), 0);
    expect(backwards.values).toEqual(forwards.values);
    expect(seeded().row(7)).not.toEqual(seeded().row(8));
  });

  it('draws with the mean and the deviation asked for', () => {
    const { values } = seeded();
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0, 2);
    expect(Math.sqrt(variance)).toBeCloseTo(0.2, 2);
  });

  it('draws a row before it is changed, and draws rows that were appended too', () => {
    const table = seeded();
    const gradients = new RowGradients(200, 50);
    gradients.add(3, 1, new Float32Array(50).fill(1), 0);
    table.applyAdagrad(gradients, 0.1);
    expect(table.row(3)[0]).toBeCloseTo(seeded().row(3)[0] - 0.1, 5);
    table.grow(300);
    expect(table.row(299)).toEqual(seeded(300).row(299));
  });
});

describe('an EmbeddingTable that grows by a million rows', () => {
  it('keeps what it had and draws the others when they are needed, from its random source', () => {
    const grown = (seed: number): EmbeddingTable => {
      const table = EmbeddingTable.zeros(2, 2);
      table.grow(1_000_002, 0.5, seededRandom(seed));
      return table;
    };
    const table = grown(1);
    expect([...table.row(1)]).toEqual([0, 0]);
    expect(table.row(900_000)).toEqual(grown(1).row(900_000));
    expect(table.row(900_000)).not.toEqual(grown(2).row(900_000));
    expect(table.row(900_000)).not.toEqual(table.row(900_001));
  });
});

describe('a checkpoint', () => {
  const changed = (table: EmbeddingTable, row: number): void => {
    const gradients = new RowGradients(table.rowCount, table.dim);
    gradients.add(row, 1, Float32Array.of(1, 2), 0);
    table.applyAdagrad(gradients, 0.5);
  };

  it('brings back the values of its moment, again and again, and only its own', () => {
    const table = EmbeddingTable.random({
      rowCount: 9000,
      dim: 2,
      standardDeviation: 1,
      random: seededRandom(1),
    });
    changed(table, 4);
    const before = table.snapshot();
    const checkpoint = table.checkpoint();
    for (const rows of [[4, 4, 8999], Array.from({ length: 9000 }, (_, row) => row)]) {
      for (const row of rows) changed(table, row);
      expect(table.snapshot()).not.toEqual(before);
      table.rollBack(checkpoint);
      expect(table.snapshot()).toEqual(before);
    }
    table.checkpoint();
    expect(() => table.rollBack(checkpoint)).toThrow('the checkpoint is the newest of this table');
  });

  it('ends when the table grows', () => {
    const table = EmbeddingTable.zeros(2, 2);
    const checkpoint = table.checkpoint();
    table.grow(3);
    expect(() => table.rollBack(checkpoint)).toThrow();
  });
});

describe('a renewed row', () => {
  it('has fresh values and moves as far as a first step does', () => {
    const table = EmbeddingTable.zeros(2, 1);
    const gradients = new RowGradients(2, 1);
    gradients.add(1, 1, Float32Array.of(1), 0);
    for (let step = 0; step < 5; step += 1) table.applyAdagrad(gradients, 0.1);
    table.renew(1, 0.5, seededRandom(2));
    const fresh = table.row(1)[0];
    expect(fresh).not.toBe(0);
    table.applyAdagrad(gradients, 0.1);
    expect(table.row(1)[0]).toBeCloseTo(fresh - 0.1, 5);
  });
});

describe('RowGradients', () => {
  it('forgets everything when cleared, also beyond its first capacity', () => {
    const gradients = new RowGradients(5000, 1);
    for (let row = 0; row < 5000; row += 1) gradients.add(row, 1, Float32Array.of(row), 0);
    expect(gradients.count).toBe(5000);
    gradients.clear();
    expect(gradients.count).toBe(0);
    gradients.add(4999, 2, Float32Array.of(3), 0);
    gradients.forEach((row, values, offset) => expect([row, values[offset]]).toEqual([4999, 6]));
  });
});
