import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '@winnow/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from './backend';
import { attendCausally, causalMask } from './causal-attention';
import { Dropout } from './dropout';
import { gatedSigmoid, gatedSilu } from './gated-units';
import { expectGradientsToMatch, weigh } from './gradient-check.fixture';
import { normal } from './initialisers';
import { layerNorm } from './layer-norm';
import { averageCausally, averageOthers } from './causal-average';
import { recur } from './gated-recurrence';

type Matrix = tf.Tensor2D;

const BLOCKS = [
  { from: 0, to: 5, starts: [0, 2] },
  { from: 5, to: 8, starts: [0] },
];
/** First token of the sequence that a token of {@link BLOCKS} belongs to. */
const STARTS = [0, 0, 2, 2, 2, 5, 5, 5];

const masks = (): Matrix[] =>
  BLOCKS.map((block) => {
    const size = block.to - block.from;
    return tf.tensor2d(causalMask(block), [size, size]);
  });

beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
});

describe('layer normalisation', () => {
  it('brings every row to mean 0 and variance 1 before gain and bias', async () => {
    const x = tf.tensor2d(normal(12, 3, seededRandom(1)), [3, 4]);
    const rows = (await layerNorm(x, tf.ones([4]), tf.zeros([4])).array()) as number[][];
    for (const row of rows) {
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 4);
      expect(row.reduce((sum, value) => sum + value * value, 0) / 4).toBeCloseTo(1, 3);
    }
  });

  it('has the slopes of finite differences', () =>
    expectGradientsToMatch({ x: [3, 5], gain: [5], bias: [5] }, ({ x, gain, bias }) =>
      weigh(layerNorm(x as Matrix, gain as tf.Tensor1D, bias as tf.Tensor1D)),
    ));
});

describe('gated units', () => {
  it('have the slopes of finite differences', async () => {
    await expectGradientsToMatch({ gate: [2, 3], x: [2, 3] }, ({ gate, x }) => weigh(gatedSilu(gate, x)));
    await expectGradientsToMatch({ gate: [2, 3], x: [2, 3] }, ({ gate, x }) => weigh(gatedSigmoid(gate, x)));
  });
});

describe('causal attention', () => {
  it('mixes only what came before in the same sequence', async () => {
    const random = seededRandom(3);
    const [queries, keys, values] = [4, 4, 3].map((width) =>
      tf.tensor2d(normal(8 * width, 1, random), [8, width]),
    );
    const got = (await attendCausally({
      queries,
      keys,
      values,
      blocks: BLOCKS,
      masks: masks(),
    }).array()) as number[][];
    const [q, k, v] = [queries, keys, values].map((each) => each.arraySync());
    STARTS.forEach((start, token) => {
      const seen = k.slice(start, token + 1);
      const exponents = seen.map((key) =>
        Math.exp(key.reduce((sum, value, at) => sum + value * q[token][at], 0) / 2),
      );
      const total = exponents.reduce((sum, value) => sum + value, 0);
      for (let column = 0; column < 3; column += 1) {
        const wanted = exponents.reduce((sum, value, at) => sum + (value / total) * v[start + at][column], 0);
        expect(got[token][column]).toBeCloseTo(wanted, 4);
      }
    });
  });

  it('has the slopes of finite differences', () =>
    expectGradientsToMatch({ queries: [8, 4], keys: [8, 4], values: [8, 3] }, (leaves) =>
      weigh(
        attendCausally({
          queries: leaves['queries'] as Matrix,
          keys: leaves['keys'] as Matrix,
          values: leaves['values'] as Matrix,
          blocks: BLOCKS,
          masks: masks(),
        }),
      ),
    ));
});

describe('causal average', () => {
  it('is the mean of a token and what came before it in its sequence', async () => {
    const x = tf.tensor2d(normal(16, 1, seededRandom(4)), [8, 2]);
    const got = (await averageCausally(x, BLOCKS).array()) as number[][];
    const rows = x.arraySync();
    STARTS.forEach((start, token) => {
      const seen = rows.slice(start, token + 1);
      for (const column of [0, 1])
        expect(got[token][column]).toBeCloseTo(
          seen.reduce((sum, row) => sum + row[column], 0) / seen.length,
          5,
        );
    });
  });

  it('has the slopes of finite differences', () =>
    expectGradientsToMatch({ x: [8, 2] }, ({ x }) => weigh(averageCausally(x as Matrix, BLOCKS))));
});

describe('average of the others', () => {
  it('leaves out the token itself, and nothing is left of a lone one', async () => {
    const blocks = [{ from: 0, to: 4, starts: [0, 3] }];
    const rows = (await averageOthers(tf.tensor2d([1, 2, 6, 9], [4, 1]), blocks).array()) as number[][];
    expect(rows).toEqual([[4], [3.5], [1.5], [0]]);
  });

  it('has the slopes of finite differences', () =>
    expectGradientsToMatch({ x: [8, 2] }, ({ x }) => weigh(averageOthers(x as Matrix, BLOCKS))));
});

describe('gated recurrence', () => {
  const shapes = {
    reset: [6, 2],
    update: [6, 2],
    candidate: [6, 2],
    resetWeight: [2, 2],
    updateWeight: [2, 2],
    candidateWeight: [2, 2],
  };
  const run = (leaves: Record<string, tf.Tensor>): Matrix =>
    recur({ ...(leaves as Record<keyof typeof shapes, Matrix>), stepSizes: Uint32Array.of(3, 2, 1) });

  it('walks as one sequence does by itself', async () => {
    const random = seededRandom(5);
    const leaves = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        tf.tensor(normal(tf.util.sizeFromShape(shape), 1, random), shape),
      ]),
    );
    const together = (await run(leaves).array()) as number[][];
    // The longest sequence is the first of every step: tokens 0, 3 and 5.
    const own = [0, 3, 5];
    const alone = { ...leaves };
    for (const name of ['reset', 'update', 'candidate'])
      alone[name] = tf.tensor2d(own.map((token) => (leaves[name].arraySync() as number[][])[token]));
    const single = (await recur({
      ...(alone as Record<keyof typeof shapes, Matrix>),
      stepSizes: Uint32Array.of(1, 1, 1),
    }).array()) as number[][];
    own.forEach((token, step) =>
      single[step].forEach((value, column) => expect(together[token][column]).toBeCloseTo(value, 5)),
    );
  });

  it('has the slopes of finite differences', () =>
    expectGradientsToMatch(shapes, (leaves) => weigh(run(leaves))));
});

describe('dropout', () => {
  it('keeps the expectation, the same way for the same seed', async () => {
    const x = tf.ones([100, 50]);
    const [first, second] = await Promise.all(
      [1, 1].map((seed) => new Dropout(0.3, seededRandom(seed)).apply(x).data<'float32'>()),
    );
    expect(first).toEqual(second);
    const zeros = first.filter((value) => value === 0).length;
    expect(zeros / first.length).toBeCloseTo(0.3, 1);
    expect(first.reduce((sum, value) => sum + value, 0) / first.length).toBeCloseTo(1, 1);
  });

  it('passes slopes where it passed values', async () => {
    const dropout = new Dropout(0.5, seededRandom(2));
    let output: Float32Array = new Float32Array();
    const slope = tf.grad((x: tf.Tensor) => {
      const y = dropout.apply(x);
      output = y.dataSync<'float32'>();
      return tf.sum(y);
    })(tf.ones([40]));
    expect([...(await slope.data())]).toEqual([...output]);
  });
});
