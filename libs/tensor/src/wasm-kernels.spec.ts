import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from './backend';

beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
});

describe('wasm kernels', () => {
  it('clones a tensor without a second copy, and keeps its values when the first is disposed', async () => {
    const before = tf.memory();
    const tensor = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const clone = tf.clone(tensor);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1);
    tensor.dispose();
    expect([...(await clone.data())]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(clone.shape).toEqual([2, 3]);
    clone.dispose();
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
  });

  it('still clones strings', async () => {
    const words = tf.tensor1d(['a', 'b']);
    const clone = tf.clone(words);
    words.dispose();
    expect(await clone.data()).toEqual(['a', 'b']);
    clone.dispose();
  });

  it('slices as TF.js does, along any axis', async () => {
    const cube = tf.tensor3d(
      Array.from({ length: 24 }, (_, index) => index),
      [2, 3, 4],
    );
    expect([...(await tf.slice(cube, [1, 0, 0], [1, 3, 4]).data())]).toEqual([
      12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
    ]);
    expect([...(await tf.slice(cube, [1, 1, 0], [1, 2, 4]).data())]).toEqual([
      16, 17, 18, 19, 20, 21, 22, 23,
    ]);
    expect([...(await tf.slice(cube, [0, 1, 2], [2, 1, 2]).data())]).toEqual([6, 7, 18, 19]);
    expect([...(await tf.slice(tf.tensor1d([1, 2, 3, 4], 'int32'), 2).data())]).toEqual([3, 4]);
    expect(await tf.slice(tf.tensor1d(['a', 'b', 'c']), 1, 1).data()).toEqual(['b']);
  });
});
