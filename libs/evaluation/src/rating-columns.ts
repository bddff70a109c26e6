/** Ratings as parallel columns, [ratings]. */
export interface RatingColumns {
  readonly users: Uint32Array;
  readonly ordinals: Uint32Array;
  readonly ratings: Float32Array;
  readonly timesMs: Float64Array;
}
