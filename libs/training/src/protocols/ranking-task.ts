import type { EvaluationCase, Slice } from '@winnow/evaluation';
import type { LearningWindow, ValidationWindow } from './ranking-model';

/** One question that all models are asked. */
export interface RankingTask {
  /** In a sentence. */
  readonly question: string;
  readonly facts: readonly { readonly name: string; readonly value: number }[];
  readonly valid: ValidationWindow;
  readonly test: LearningWindow;
  /** What the figures are over. */
  readonly cases: readonly EvaluationCase[];
  /** Users whom the protocol leaves out for want of a past; they are asked for, and shown as a slice only. */
  readonly coldCases: readonly EvaluationCase[];
  /** Users with fewer past vocabulary items are the cold ones. */
  readonly coldBelow: number;
  readonly ks: readonly number[];
  /** Length of the lists for slices and curves; one of `ks`. */
  readonly k: number;
  /** Groups of users by user number, and of items by ordinal, beside those that every task has. */
  readonly userSlices: readonly Slice[];
  readonly itemSlices: readonly Slice[];
}
