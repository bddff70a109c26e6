import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '@winnow/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from './backend';
import { evaluate } from './gradients';
import { expectGradientsToMatch, weigh } from './gradient-check.fixture';
import { normal } from './initialisers';
import { binaryCrossEntropy, softmaxCrossEntropy } from './losses';
import { attend } from './attention';
import { addRow, dense, l2Normalise, linear, multiplyConstant, scaleColumns } from './network-ops';

beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
});

describe('differentiable operations', () => {
  it('has the gradients of a matrix product', () =>
    expectGradientsToMatch({ x: [3, 4], w: [4, 2] }, ({ x, w }) => weigh(linear(x as never, w as never))));

  it('has the gradients of a product with a constant', () => {
    const constant = tf.tensor2d([
      [0, 1, 0],
      [1, 0, 0],
      [0, 0.5, 0.5],
      [0, 0, 1],
    ]);
    return expectGradientsToMatch({ x: [3, 2] }, ({ x }) => weigh(multiplyConstant(constant, x as never)));
  });

  it('has the gradients of row broadcasts', () =>
    expectGradientsToMatch({ x: [3, 4], row: [4], scale: [4] }, ({ x, row, scale }) =>
      weigh(scaleColumns(addRow(x as never, row as never), scale as never)),
    ));

  it('has the gradients of a dense layer with ReLU', () =>
    expectGradientsToMatch({ x: [3, 4], w: [4, 5], b: [5] }, ({ x, w, b }) =>
      weigh(dense({ x, weight: w, bias: b, activation: 'relu' })),
    ));

  it('has the gradients of a row normalisation', () =>
    expectGradientsToMatch({ x: [3, 4] }, ({ x }) => weigh(l2Normalise(x as never))));

  it('has the gradients of attention in queries, keys, values and bias, block by block', () =>
    expectGradientsToMatch(
      { queries: [5, 2], keys: [6, 2], values: [6, 3], bias: [2 * 4 + 2] },
      ({ queries, keys, values, bias }) =>
        weigh(
          attend({
            queries: queries as never,
            keys: keys as never,
            values: values as never,
            bias: bias as never,
            blocks: [
              { queryFrom: 0, queryTo: 2, slotFrom: 0, slotTo: 4, biasFrom: 0, biasRows: 2 },
              { queryFrom: 2, queryTo: 5, slotFrom: 4, slotTo: 6, biasFrom: 8, biasRows: 1 },
            ],
          }),
        ),
    ));
});

describe('attention', () => {
  const values = (): tf.Tensor2D =>
    tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);

  it('gives hidden slots no weight and a query with one visible slot that slot', () => {
    const attended = attend({
      queries: tf.tensor2d([[9, -3]]),
      keys: tf.tensor2d([
        [1, 1],
        [5, -5],
        [5, -5],
      ]),
      values: values(),
      bias: tf.tensor1d([0, -1e9, -1e9]),
      blocks: [{ queryFrom: 0, queryTo: 1, slotFrom: 0, slotTo: 3, biasFrom: 0, biasRows: 1 }],
    });
    expect([...attended.dataSync()]).toEqual([1, 2]);
  });

  it('keeps the blocks apart', () => {
    const attended = attend({
      queries: tf.zeros([2, 1]),
      keys: tf.zeros([3, 1]),
      values: values(),
      bias: tf.zeros([3]),
      blocks: [
        { queryFrom: 0, queryTo: 1, slotFrom: 0, slotTo: 1, biasFrom: 0, biasRows: 1 },
        { queryFrom: 1, queryTo: 2, slotFrom: 1, slotTo: 3, biasFrom: 1, biasRows: 1 },
      ],
    });
    expect([...attended.dataSync()]).toEqual([1, 2, 4, 5]);
  });
});

describe('losses', () => {
  const targets = (): tf.Tensor2D =>
    tf.tensor2d([
      [0, 1, 0],
      [0.25, 0.25, 0.5],
      [0, 0, 0],
    ]);
  const weights = (): tf.Tensor2D => tf.tensor2d([[1], [2], [1]]);

  it('has the gradients of a softmax cross-entropy with soft targets', () =>
    expectGradientsToMatch({ logits: [3, 3] }, ({ logits }) =>
      softmaxCrossEntropy({ logits: logits as never, targets: targets(), weights: weights() }),
    ));

  it('computes the same loss by the one-hot short cut', () => {
    const logits = tf.tensor2d([
      [1, 2, 3],
      [0, -1, 4],
    ]);
    const oneHot = tf.tensor2d([
      [0, 0, 1],
      [1, 0, 0],
    ]);
    const options = { logits, targets: oneHot, weights: tf.tensor2d([[1], [3]]) };
    const exact =
      (Math.log(1 + Math.exp(-1) + Math.exp(-2)) + 3 * Math.log(1 + Math.exp(-1) + Math.exp(4))) / 4;
    expect(softmaxCrossEntropy(options).dataSync()[0]).toBeCloseTo(exact, 5);
    expect(softmaxCrossEntropy({ ...options, oneHot: true }).dataSync()[0]).toBeCloseTo(exact, 5);
  });

  it('has the gradients of a weighted binary cross-entropy', () =>
    expectGradientsToMatch({ logits: [3, 2] }, ({ logits }) =>
      binaryCrossEntropy({
        logits: logits as never,
        labels: tf.tensor2d([
          [1, 0],
          [0, 0],
          [0.5, 1],
        ]),
        weights: tf.tensor2d([
          [1, 0],
          [2, 1],
          [1, 1],
        ]),
      }),
    ));

  it('stays finite where a prediction is certain and wrong', () => {
    const loss = binaryCrossEntropy({
      logits: tf.tensor2d([[200]]),
      labels: tf.tensor2d([[0]]),
      weights: tf.tensor2d([[1]]),
    });
    expect(Number.isFinite(loss.dataSync()[0])).toBe(true);
  });
});

describe('a network in inference', () => {
  it('computes what it computes in training, though its operations are fused', async () => {
    const random = seededRandom(11);
    const leaf = (rows: number, columns: number): tf.Tensor2D =>
      tf.tensor2d(normal(rows * columns, 0.7, random), [rows, columns]);
    const [x, weight, other] = [leaf(5, 6), leaf(6, 4), leaf(4, 5)];
    const bias = tf.tensor1d(normal(4, 0.7, random));
    const network = (): tf.Tensor2D => {
      const hidden = dense({ x, weight, bias, activation: 'relu' });
      const summed = addRow(scaleColumns(hidden, bias), bias);
      const keys = linear(multiplyConstant(other, summed), tf.eye(4));
      return attend({
        queries: dense({ x, weight, bias }),
        keys,
        values: keys,
        bias: tf.zeros([4]),
        blocks: [{ queryFrom: 0, queryTo: 5, slotFrom: 0, slotTo: 4, biasFrom: 0, biasRows: 1 }],
      });
    };
    const inTraining = await network().data();
    const { output } = await evaluate(() => ({ output: network() }));
    expect(output).toHaveLength(5 * 4);
    output.forEach((value, index) => expect(value).toBeCloseTo(inTraining[index], 5));
  });
});
