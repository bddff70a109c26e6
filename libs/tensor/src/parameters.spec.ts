import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Adam } from './adam';
import { backendReport, startBackend } from './backend';
import { lossAndGradients } from './gradients';
import { Parameters } from './parameters';

beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
});

const parabola = (leaves: Record<string, tf.Tensor>): tf.Scalar =>
  tf.sum(tf.square(tf.sub(leaves['w'], tf.tensor1d([3, -2]))));

describe('Parameters with Adam', () => {
  it('walks to the minimum of a parabola', async () => {
    const parameters = new Parameters().add('w', [2], new Float32Array(2));
    const adam = new Adam(parameters, { learningRate: 0.1 });
    for (let step = 0; step < 200; step += 1)
      adam.apply((await lossAndGradients(parameters.tensors(), parabola)).gradients);
    expect(parameters.data('w')[0]).toBeCloseTo(3, 1);
    expect(parameters.data('w')[1]).toBeCloseTo(-2, 1);
  });

  it('takes a first step of exactly the learning rate, against the slope', async () => {
    const parameters = new Parameters().add('w', [2], new Float32Array(2));
    new Adam(parameters, { learningRate: 0.25 }).apply({ w: Float32Array.of(-7, 0.01) });
    expect(parameters.data('w')[0]).toBeCloseTo(0.25, 4);
    expect(parameters.data('w')[1]).toBeCloseTo(-0.25, 4);
  });

  it('serves the new weights after an update and the old ones after a restore', () => {
    const parameters = new Parameters().add('w', [2], Float32Array.of(1, 2));
    const snapshot = parameters.snapshot();
    parameters.tensors();
    new Adam(parameters, { learningRate: 1 }).apply({ w: Float32Array.of(1, 1) });
    expect(parameters.tensors()['w'].dataSync()[0]).toBeCloseTo(0, 4);
    parameters.restore(snapshot);
    expect([...parameters.tensors()['w'].dataSync()]).toEqual([1, 2]);
  });

  it('survives saving and loading and names what does not fit', () => {
    const parameters = new Parameters().add('w', [2, 1], Float32Array.of(1, 2));
    const stored = parameters.toTensors('net/');
    const other = new Parameters().add('w', [2, 1], new Float32Array(2));
    other.load(stored, 'net/');
    expect([...other.data('w')]).toEqual([1, 2]);
    expect(() => other.load({}, 'net/')).toThrow('tensor net/w is missing');
    expect(() => other.load({ w: { shape: [3], data: new Float32Array(3) } })).toThrow('expected F32 [2, 1]');
  });

  it('leaves no tensor behind after a training step', async () => {
    const parameters = new Parameters().add('w', [2], new Float32Array(2));
    const adam = new Adam(parameters, { learningRate: 0.1 });
    const step = async (): Promise<void> =>
      adam.apply((await lossAndGradients(parameters.tensors(), parabola)).gradients);
    await step();
    const before = tf.memory().numTensors;
    for (let count = 0; count < 5; count += 1) await step();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('startBackend', () => {
  it('answers a second call with the first choice', async () => {
    const report = await startBackend({ forced: 'webgpu' });
    expect(report.backend).toBe('wasm');
    expect(report.details).toContain('SIMD');
    expect(backendReport()).toBe(report);
  });
});
