import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '@winnow/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from './backend';
import { candidateSoftmaxLoss } from './candidate-softmax';
import { lossAndGradients } from './gradients';
import { normal } from './initialisers';
import { softmaxCrossEntropy } from './losses';
import { linear } from './network-ops';

const PAIRS = 7;
const COLUMNS = 9;
const DIM = 4;
const random = seededRandom(3);
const queries = normal(PAIRS * DIM, 0.5, random);
const items = normal(COLUMNS * DIM, 0.5, random);
const adjustment = normal(PAIRS * COLUMNS, 1, random);
// Column 3 is hidden from every pair.
for (let pair = 0; pair < PAIRS; pair += 1) adjustment[pair * COLUMNS + 3] = -1e9;
const targets = Uint32Array.of(0, 1, 2, 8, 7, 1, 0);
const weights = Float32Array.of(1, 2, 0.5, 1, 0, 3, 1);

const leaves = (asked = queries, held = items) => ({
  queries: tf.tensor2d(asked.slice(), [PAIRS, DIM]),
  items: tf.tensor2d(held.slice(), [COLUMNS, DIM]),
});
const weightColumn = (): tf.Tensor2D => tf.tensor2d(weights, [PAIRS, 1]);
const network = (named: Readonly<Record<string, tf.Tensor>>): tf.Scalar =>
  candidateSoftmaxLoss({
    queries: named['queries'] as tf.Tensor2D,
    items: named['items'] as tf.Tensor2D,
    ...{ temperature: 0.15, adjustment, targets, weights: weightColumn() },
  });

beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
});

describe('the softmax among candidates', () => {
  it('gives to the last bit what one kernel after another gives', async () => {
    const oneHot = new Float32Array(PAIRS * COLUMNS);
    targets.forEach((target, pair) => (oneHot[pair * COLUMNS + target] = 1));
    const byKernels = await lossAndGradients(leaves(), (named) => {
      const products = linear(named['queries'] as tf.Tensor2D, tf.transpose(named['items']) as tf.Tensor2D);
      return softmaxCrossEntropy({
        logits: tf.add(tf.mul(products, 1 / 0.15), tf.tensor2d(adjustment, [PAIRS, COLUMNS])) as tf.Tensor2D,
        targets: tf.tensor2d(oneHot, [PAIRS, COLUMNS]),
        weights: weightColumn(),
        oneHot: true,
      });
    });
    expect(await lossAndGradients(leaves(), network)).toEqual(byKernels);
  });

  it('has the gradients of its value', async () => {
    const { gradients } = await lossAndGradients(leaves(), network);
    const step = 1e-2;
    const lossAt = (name: 'queries' | 'items', index: number, shift: number): number => {
      const changed = { queries: queries.slice(), items: items.slice() };
      changed[name][index] += shift;
      return tf.tidy(() => network(leaves(changed.queries, changed.items)).dataSync()[0]);
    };
    for (const name of ['queries', 'items'] as const)
      gradients[name].forEach((slope, index) =>
        expect((lossAt(name, index, step) - lossAt(name, index, -step)) / (2 * step)).toBeCloseTo(slope, 2),
      );
  });

  it('learns nothing of a column that is hidden, and refuses an adjustment of another size', async () => {
    const { gradients } = await lossAndGradients(leaves(), network);
    expect([...gradients['items'].subarray(3 * DIM, 4 * DIM)]).toEqual([0, 0, 0, 0]);
    const short = { temperature: 1, adjustment: new Float32Array(3), targets, weights: weightColumn() };
    expect(() => candidateSoftmaxLoss({ ...leaves(), ...short })).toThrow('the adjustment is');
  });
});
