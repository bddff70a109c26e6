import type * as tf from '@tensorflow/tfjs-core';

/** Every head's logits against its labels, row by row. */
export interface PointRows {
  /** [n, heads] */
  readonly logits: tf.Tensor2D;
  /** [n, heads] */
  readonly labels: tf.Tensor2D;
  /** [n, heads]; 0 where another loss sees to the head, the label is unknown or the row is padding. */
  readonly weights: tf.Tensor2D;
}

/** A mean over the weighted entries; 0 when there are none. */
export type PointLoss = (rows: PointRows) => tf.Scalar;

/** The candidates of one query and head in each row. */
export interface CandidateLists {
  /** [lists, width]; hidden candidates have a very negative one. */
  readonly logits: tf.Tensor2D;
  /** What was taken, each row's sum 1, or 0 when nothing was; [lists, width] */
  readonly taken: tf.Tensor2D;
  /** What was not taken, likewise; [lists, width] */
  readonly leftOut: tf.Tensor2D;
  /** [lists, 1]; 0 where nothing was taken. */
  readonly weights: tf.Tensor2D;
}

/** A mean over the weighted lists: how far what was taken is from standing above the rest. */
export type ListLoss = (lists: CandidateLists) => tf.Scalar;
