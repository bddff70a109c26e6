type Column = Float32Array | Float64Array | Uint32Array | Uint8Array;

/** A typed array that grows by doubling: amortised O(1) per value, no object per row. */
abstract class GrowableColumn<T extends Column> {
  private count = 0;
  private storage: T;

  protected constructor(private readonly allocate: (capacity: number) => T) {
    this.storage = allocate(64);
  }

  /** The storage, longer than {@link length}; the next push may replace it. */
  get values(): T {
    return this.storage;
  }

  get length(): number {
    return this.count;
  }

  push(value: number): void {
    this.reserve(1);
    this.storage[this.count] = value;
    this.count += 1;
  }

  append(more: ArrayLike<number>): void {
    this.reserve(more.length);
    this.storage.set(more, this.count);
    this.count += more.length;
  }

  /** A copy of exactly the values pushed. */
  toArray(): T {
    return this.storage.slice(0, this.count) as T;
  }

  private reserve(extra: number): void {
    if (this.count + extra <= this.storage.length) return;
    const grown = this.allocate(Math.max(this.storage.length * 2, this.count + extra));
    grown.set(this.storage.subarray(0, this.count));
    this.storage = grown;
  }
}

export class GrowableFloat32 extends GrowableColumn<Float32Array> {
  constructor() {
    super((capacity) => new Float32Array(capacity));
  }
}

export class GrowableFloat64 extends GrowableColumn<Float64Array> {
  constructor() {
    super((capacity) => new Float64Array(capacity));
  }
}

export class GrowableUint32 extends GrowableColumn<Uint32Array> {
  constructor() {
    super((capacity) => new Uint32Array(capacity));
  }
}

export class GrowableUint8 extends GrowableColumn<Uint8Array> {
  constructor() {
    super((capacity) => new Uint8Array(capacity));
  }
}
