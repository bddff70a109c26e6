const UINT32_COUNT = 4_294_967_296;

/** lowbias32 (Wellons): a bijection of the 32-bit integers that leaves no visible pattern. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * Values that follow from seed, row and column alone: a row can be drawn when it is first needed, in any order, and is
 * the same in every run. A table of millions of rows then costs nothing to create. Uniform with mean 0, which serves an
 * embedding as well as a normal distribution at a tenth of the cost.
 */
export class RowInitialiser {
  private readonly rowKey: number;
  private readonly columnKeys: Uint32Array;

  constructor(
    private readonly options: {
      readonly dim: number;
      readonly standardDeviation: number;
      readonly seed: number;
    },
  ) {
    this.rowKey = mix(options.seed ^ 0x2545f491);
    this.columnKeys = Uint32Array.from({ length: options.dim }, (_, column) => mix(column + 0x9e37_79b9));
  }

  /** Writes the row's initial values, [dim], at `offset`. O(dim). */
  draw(row: number, out: Float32Array, offset: number): void {
    const { dim, standardDeviation } = this.options;
    const width = 2 * Math.sqrt(3) * standardDeviation;
    const state = mix(this.rowKey ^ row);
    for (let column = 0; column < dim; column += 1)
      out[offset + column] = (mix(state ^ this.columnKeys[column]) / UINT32_COUNT - 0.5) * width;
  }
}
