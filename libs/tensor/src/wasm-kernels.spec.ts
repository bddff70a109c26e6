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

  it('puts matrices side by side and cuts them apart again', async () => {
    const parts = [tf.reshape(tf.range(0, 6), [3, 2]), tf.reshape(tf.range(6, 9), [3, 1])] as tf.Tensor2D[];
    const joined = tf.concat(parts, 1);
    expect(await joined.array()).toEqual([
      [0, 1, 6],
      [2, 3, 7],
      [4, 5, 8],
    ]);
    const cut = tf.split(joined, [2, 1], 1);
    expect(await Promise.all(cut.map((part) => part.array()))).toEqual(
      await Promise.all(parts.map((part) => part.array())),
    );
  });

  it('sums over rows as over any other axis, with and without keeping it', async () => {
    const matrix = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(await tf.sum(matrix, 0).array()).toEqual([5, 7, 9]);
    expect(await tf.sum(matrix, -2, true).array()).toEqual([[5, 7, 9]]);
    expect(await tf.sum(matrix, 1).array()).toEqual([6, 15]);
    expect(await tf.sum(matrix, [0, 1]).array()).toBe(21);
    expect(await tf.sum(tf.cast(matrix, 'int32'), 0).array()).toEqual([5, 7, 9]);
    expect(await tf.sum(tf.zeros([0, 2]), 0).array()).toEqual([0, 0]);
  });

  it('joins rows, integers and empty parts as before', async () => {
    const rows = tf.concat([tf.ones([1, 2]), tf.zeros([2, 2])], 0);
    expect(await rows.array()).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
    ]);
    const integers = tf.concat([tf.tensor2d([[1]], [1, 1], 'int32'), tf.tensor2d([[2]], [1, 1], 'int32')], 1);
    expect(await integers.array()).toEqual([[1, 2]]);
    expect((await tf.concat([tf.ones([2, 0]), tf.ones([2, 1])], 1).array()) as number[][]).toEqual([
      [1],
      [1],
    ]);
  });
});
