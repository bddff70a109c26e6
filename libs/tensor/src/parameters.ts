import * as tf from '@tensorflow/tfjs-core';
import { invariant } from '@winnow/domain';
import type { NamedTensor } from '@winnow/domain';

interface Parameter {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors or host arrays by parameter name. */
export type ByName<T> = Readonly<Record<string, T>>;

/**
 * The dense weights of one network, by name. The truth is on the host (so that saving, snapshots and the optimiser
 * need no device), with device copies that are made once and replaced when the weights change.
 */
export class Parameters {
  private readonly entries = new Map<string, Parameter>();
  private device: Record<string, tf.Tensor> | null = null;

  /** Declares a parameter; throws when the name is taken or the data does not fill the shape. */
  add(name: string, shape: readonly number[], data: Float32Array): this {
    invariant(!this.entries.has(name), `parameter ${name} is declared once`);
    invariant(
      data.length === shape.reduce((product, size) => product * size, 1),
      `${name} fills [${shape.join(', ')}]`,
    );
    this.entries.set(name, { shape, data });
    return this;
  }

  get names(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** How many numbers there are to learn. */
  get count(): number {
    let count = 0;
    for (const { data } of this.entries.values()) count += data.length;
    return count;
  }

  /** The host array itself: writing to it must be followed by {@link invalidate}. */
  data(name: string): Float32Array {
    const entry = this.entries.get(name);
    invariant(entry, `parameter ${name} exists`);
    return entry.data;
  }

  shape(name: string): readonly number[] {
    const entry = this.entries.get(name);
    invariant(entry, `parameter ${name} exists`);
    return entry.shape;
  }

  /** Device tensors by name; they belong to this object, so callers must not dispose them. */
  tensors(): ByName<tf.Tensor> {
    if (!this.device) {
      const device: Record<string, tf.Tensor> = {};
      for (const [name, { shape, data }] of this.entries)
        // The backend may alias host memory, and the optimiser writes in place: hence the copy.
        device[name] = tf.keep(tf.tensor(data.slice(), [...shape], 'float32'));
      this.device = device;
    }
    return this.device;
  }

  /** Drops the device copies after a change of the host arrays. */
  invalidate(): void {
    if (!this.device) return;
    for (const tensor of Object.values(this.device)) tensor.dispose();
    this.device = null;
  }

  /** A deep copy of all host arrays, to come back to with {@link restore}. */
  snapshot(): ByName<Float32Array> {
    return Object.fromEntries([...this.entries].map(([name, { data }]) => [name, data.slice()]));
  }

  restore(snapshot: ByName<Float32Array>): void {
    for (const [name, { data }] of this.entries) data.set(snapshot[name]);
    this.invalidate();
  }

  /** For a TensorFile; names are prefixed with `prefix`. */
  toTensors(prefix = ''): Record<string, NamedTensor> {
    return Object.fromEntries(
      [...this.entries].map(([name, { shape, data }]) => [prefix + name, { shape, data: data.slice() }]),
    );
  }

  /** Fills the declared parameters; throws a RangeError that names what is missing or has another shape. */
  load(tensors: ByName<NamedTensor>, prefix = ''): void {
    for (const [name, { shape, data }] of this.entries) {
      const stored = tensors[prefix + name];
      if (!stored) throw new RangeError(`tensor ${prefix + name} is missing`);
      if (stored.shape.join() !== shape.join() || !(stored.data instanceof Float32Array))
        throw new RangeError(
          `tensor ${prefix + name} has shape [${stored.shape.join(', ')}], expected F32 [${shape.join(', ')}]`,
        );
      data.set(stored.data);
    }
    this.invalidate();
  }
}
