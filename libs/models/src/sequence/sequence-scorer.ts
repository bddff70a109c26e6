import * as tf from '@tensorflow/tfjs-core';
import { groupByUser } from '@winnow/features';
import type { InteractionColumns } from '@winnow/features';
import { evaluate } from '@winnow/tensor';
import type { TrainingProgress, TrainingReport } from '../training-report';
import type { EncoderKind } from './sequence-config';
import type { SequenceModel } from './sequence-model';
import { sequenceRecipe } from './sequence-recipe';
import type { SequenceRecipe } from './sequence-recipe';
import { trainSequenceModel } from './train-sequence-model';
import type { NextItemCases } from './validate-sequence-model';

export interface SequenceScorerOptions {
  readonly encoder: EncoderKind;
  /** Everybody's past, oldest first; items outside the vocabulary are passed over. */
  readonly past: InteractionColumns;
  /** Ordinals to score, ascending. */
  readonly vocabulary: Uint32Array;
  readonly seed: number;
  /** Changes to {@link sequenceRecipe}. */
  readonly recipe?: Partial<SequenceRecipe>;
  /** Held-out next items, in ordinals; unset: the last item of some users' pasts, which then is not learnt from. */
  readonly validation?: NextItemCases;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** Users who pick the epoch; more would cost more than they tell. */
const VALIDATION_USERS_MAX = 2000;

/** A sequence model over a vocabulary of ordinals: histories in, scores of the whole vocabulary out. */
export class SequenceScorer {
  private readonly rows: VocabularyRows;

  constructor(
    readonly model: SequenceModel,
    /** Ascending; row r of the model stands for the ordinal at r. */
    readonly vocabulary: Uint32Array,
  ) {
    this.rows = new VocabularyRows(vocabulary);
  }

  /**
   * Scores, row-major [histories, vocabulary], in the vocabulary's order. Histories are ordinals, oldest first; items
   * outside the vocabulary are passed over, and a history without any scores every item 0.
   * O(histories · vocabulary · dim); callers bound the histories of one call.
   */
  async scores(histories: readonly Uint32Array[]): Promise<Float32Array> {
    const { dimension } = this.model;
    const queries = await this.model.encode(histories.map((history) => this.rows.ofAll(history)));
    const count = this.vocabulary.length;
    const { scores } = await evaluate(() => ({
      scores: tf.matMul(
        tf.tensor2d(queries, [histories.length, dimension]),
        tf.transpose(tf.tensor2d(this.model.itemVectors(), [count, dimension])) as tf.Tensor2D,
      ),
    }));
    return scores;
  }

  /** Frees device memory. */
  dispose(): void {
    this.model.dispose();
  }
}

/** Trains a sequence model on everybody's past; see {@link trainSequenceModel}. */
export async function trainSequenceScorer(
  options: SequenceScorerOptions,
): Promise<{ readonly scorer: SequenceScorer; readonly report: TrainingReport }> {
  const { vocabulary, past, seed, signal, onProgress } = options;
  const rows = new VocabularyRows(vocabulary);
  const everybody = sequencesOf(past, rows);
  const { sequences, validation } = options.validation
    ? { sequences: everybody, validation: inRows(options.validation, rows) }
    : holdOutLast(everybody);
  const meanLength = sequences.reduce((sum, { length }) => sum + length, 0) / Math.max(1, sequences.length);
  const size = { itemCount: vocabulary.length, meanLength };
  const recipe = { ...sequenceRecipe(options.encoder, size), ...options.recipe };
  const { model, report } = await trainSequenceModel({
    ...recipe,
    config: { ...recipe.model, itemCount: vocabulary.length },
    sequences,
    validation,
    seed,
    signal,
    onProgress,
  });
  return { scorer: new SequenceScorer(model, vocabulary), report };
}

/** Which row of the model an ordinal has: one array look-up, because ordinals are dense. */
class VocabularyRows {
  private readonly rows: Int32Array;

  constructor(vocabulary: Uint32Array) {
    this.rows = new Int32Array((vocabulary.at(-1) ?? -1) + 1).fill(-1);
    vocabulary.forEach((ordinal, row) => (this.rows[ordinal] = row));
  }

  has(ordinal: number): boolean {
    return ordinal < this.rows.length && this.rows[ordinal] >= 0;
  }

  /** Rows of those that have one. */
  ofAll(ordinals: Uint32Array): Uint32Array {
    return ordinals.filter((ordinal) => this.has(ordinal)).map((ordinal) => this.rows[ordinal]);
  }
}

function sequencesOf({ users, ordinals }: InteractionColumns, rows: VocabularyRows): Uint32Array[] {
  const { offsets, events } = groupByUser(users);
  const sequences: Uint32Array[] = [];
  for (let user = 0; user + 1 < offsets.length; user += 1) {
    const own = events.subarray(offsets[user], offsets[user + 1]).map((event) => ordinals[event]);
    if (own.length > 0) sequences.push(rows.ofAll(own));
  }
  return sequences;
}

const strideOver = (users: number): number => Math.max(1, Math.ceil(users / VALIDATION_USERS_MAX));

/** Evenly spread cases whose target the vocabulary has. */
function inRows({ histories, targets }: NextItemCases, rows: VocabularyRows): NextItemCases {
  const stride = strideOver(histories.length);
  const kept = histories
    .map((_, index) => index)
    .filter((index) => index % stride === 0 && rows.has(targets[index]));
  return {
    histories: kept.map((index) => rows.ofAll(histories[index])),
    targets: rows.ofAll(Uint32Array.from(kept, (index) => targets[index])),
  };
}

/** Evenly spread users give up their last item. */
function holdOutLast(everybody: readonly Uint32Array[]): {
  sequences: Uint32Array[];
  validation: NextItemCases;
} {
  const stride = strideOver(everybody.length);
  const isHeldOut = (sequence: Uint32Array, index: number): boolean =>
    index % stride === 0 && sequence.length > 2;
  const held = everybody.filter(isHeldOut);
  return {
    sequences: everybody.map((sequence, index) =>
      isHeldOut(sequence, index) ? sequence.subarray(0, -1) : sequence,
    ),
    validation: {
      histories: held.map((sequence) => sequence.subarray(0, -1)),
      targets: Uint32Array.from(held, (sequence) => sequence[sequence.length - 1]),
    },
  };
}
