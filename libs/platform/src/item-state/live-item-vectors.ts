import type { ItemVectors } from '@winnow/features';
import { invariant, type TensorFile } from '@winnow/domain';

/** How much room is made beyond what is needed, so that growing costs constant time per item. */
const GROWTH = 1.25;

/** Item tower output of a release, [ordinalLimit, dimension], and of items that arrive after it. */
export class LiveItemVectors implements ItemVectors {
  #data: Float32Array;
  /** [ordinals] 1 where the ordinal has a vector. */
  #present: Uint8Array;

  private constructor(
    readonly dimension: number,
    data: Float32Array,
  ) {
    this.#data = data;
    this.#present = presence(data, dimension);
  }

  static empty(dimension: number): LiveItemVectors {
    return new LiveItemVectors(dimension, new Float32Array(0));
  }

  /** Takes over the tensor `vectors`, F32 [ordinalLimit, dimension]; a zero row is an absent item. Throws when there is none. */
  static fromTensors(file: TensorFile): LiveItemVectors {
    const tensor = file.tensors['vectors'];
    invariant(
      tensor?.shape.length === 2 && tensor.data instanceof Float32Array,
      'item vectors are one F32 tensor, vectors [ordinals, dimension]',
    );
    return new LiveItemVectors(tensor.shape[1], tensor.data);
  }

  /** A view, L2-normalised [dimension]; null for an item without a vector. Do not write to it. */
  vector(ordinal: number): Float32Array | null {
    if (this.#present[ordinal] !== 1) return null;
    return this.#data.subarray(ordinal * this.dimension, (ordinal + 1) * this.dimension);
  }

  /** Copies in an item's vector. Views taken before may keep the old values. */
  set(ordinal: number, vector: Float32Array): void {
    invariant(
      vector.length === this.dimension,
      `vectors have ${this.dimension} numbers, not ${vector.length}`,
    );
    this.#reserve(ordinal + 1);
    this.#data.set(vector, ordinal * this.dimension);
    this.#present[ordinal] = 1;
  }

  #reserve(ordinalLimit: number): void {
    if (ordinalLimit <= this.#present.length) return;
    const room = Math.ceil(ordinalLimit * GROWTH);
    const data = new Float32Array(room * this.dimension);
    data.set(this.#data);
    const present = new Uint8Array(room);
    present.set(this.#present);
    [this.#data, this.#present] = [data, present];
  }
}

function presence(data: Float32Array, dimension: number): Uint8Array {
  const present = new Uint8Array(data.length / dimension);
  for (let ordinal = 0; ordinal < present.length; ordinal += 1)
    for (let axis = 0; axis < dimension && present[ordinal] === 0; axis += 1)
      if (data[ordinal * dimension + axis] !== 0) present[ordinal] = 1;
  return present;
}
