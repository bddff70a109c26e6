import { seededRandom, shuffle, systemClock } from '@winnow/domain';
import type { Random } from '@winnow/domain';
import { Adam, Dropout, RowAdam, RowGradients } from '@winnow/tensor';
import { EarlyStopping, ProgressMeter } from '../training-report';
import type { TrainingProgress, TrainingReport } from '../training-report';
import { SequenceAverage } from './sequence-average';
import type { SequenceModelConfig } from './sequence-config';
import { sequenceLossAndGradients } from './sequence-loss';
import type { SequenceBatch } from './sequence-loss';
import { SequenceModel } from './sequence-model';
import { spectralVectors } from './spectral-vectors';
import { layoutTokens } from './token-layout';
import { sequenceNdcg } from './validate-sequence-model';
import type { NextItemCases } from './validate-sequence-model';

export interface SequenceTrainingOptions {
  /** Vocabulary rows, oldest first; those with fewer than two items teach nothing and are skipped. */
  readonly sequences: readonly Uint32Array[];
  /** Held-out next items: their NDCG@10 picks the epoch. Without, all epochs are done and the last one is kept. */
  readonly validation?: NextItemCases;
  readonly config: SequenceModelConfig;
  readonly epochsMax: number;
  /** Epochs without a better validation before training ends. */
  readonly patienceEpochs: number;
  /** Positions of one step, about. */
  readonly batchTokens: number;
  /** Uniform negatives that all positions of a step share; as many as there are items makes a full softmax. */
  readonly negativeCount: number;
  /** Of the encoder's weights. */
  readonly learningRate: number;
  /** Of item and position vectors: a row moves in few of the steps, so it must move farther. */
  readonly tableLearningRate: number;
  readonly weightDecay: number;
  readonly dropout: number;
  readonly seed: number;
  /** Whether item vectors start at random or from {@link spectralVectors} of the sequences. */
  readonly initialVectors: 'random' | 'spectral';
  /** A model to go on from instead of a fresh one. */
  readonly initial?: SequenceModel;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** After every epoch, with the model as it would be kept were training to end now. */
  readonly onEpoch?: (epoch: SequenceEpoch) => void | Promise<void>;
}

export interface SequenceEpoch {
  readonly epoch: number;
  readonly loss: number;
  /** NDCG@10, or NaN without validation. */
  readonly validation: number;
  readonly isBest: boolean;
  readonly model: SequenceModel;
}

const WARM_UP_STEPS_MAX = 200;
/** Share of all steps that the warm-up takes at most. */
const WARM_UP_SHARE = 0.05;
/** Share of the learning rate that is left in the last step. */
const FINAL_RATE = 0.05;

/** How often a long sequence is read at its end. */
const NEWEST_SHARE = 0.5;

/** Trains a sequence model: every position of every sequence is an example. Throws the signal's reason when aborted. */
export async function trainSequenceModel(
  options: SequenceTrainingOptions,
): Promise<{ readonly model: SequenceModel; readonly report: TrainingReport }> {
  return new SequenceRun(options).train();
}

class SequenceRun {
  private readonly model: SequenceModel;
  private readonly random: Random;
  private readonly dropout: Dropout;
  private readonly average: SequenceAverage;
  private readonly adam: Adam;
  private readonly tables;
  private readonly meter: ProgressMeter;
  private readonly sequences: readonly Uint32Array[];
  private readonly items: Uint32Array;
  private readonly stepsMax: number;
  private stepsDone = 0;

  constructor(private readonly options: SequenceTrainingOptions) {
    const { config, learningRate, tableLearningRate, weightDecay, seed } = options;
    this.model = options.initial ?? SequenceModel.create(config, seed);
    if (!options.initial && options.initialVectors === 'spectral')
      this.model.startFrom(spectralVectors({ ...config, sequences: options.sequences, seed }));
    this.random = seededRandom(seed + 1);
    this.dropout = new Dropout(options.dropout, seededRandom(seed + 2));
    this.average = new SequenceAverage(this.model);
    this.adam = new Adam(this.model.parts.weights, { learningRate, weightDecay });
    const { inputs, outputs, positions } = this.model.parts;
    const trained = (table: typeof inputs) => ({
      adam: new RowAdam(table, { learningRate: tableLearningRate }),
      gradients: new RowGradients(table.rowCount, table.dim),
    });
    const inputState = trained(inputs);
    this.tables = {
      inputs: inputState,
      outputs: inputs === outputs ? inputState : trained(outputs),
      positions: trained(positions),
    };
    this.sequences = options.sequences.filter(({ length }) => length > 1);
    this.items = Uint32Array.from({ length: config.itemCount }, (_, item) => item);
    this.stepsMax = options.epochsMax * this.planBatches(seededRandom(seed)).length;
    this.meter = new ProgressMeter({
      model: 'sequence',
      epochsMax: options.epochsMax,
      monotonicMs: () => systemClock.monotonicMs(),
      onProgress: options.onProgress,
    });
  }

  async train(): Promise<{ readonly model: SequenceModel; readonly report: TrainingReport }> {
    const { epochsMax, patienceEpochs } = this.options;
    const stopping = new EarlyStopping(patienceEpochs);
    const losses: number[] = [];
    let best = this.average.snapshot();
    for (let epoch = 1; epoch <= epochsMax && !stopping.exhausted; epoch += 1) {
      losses.push(await this.runEpoch(epoch));
      const isBest = await this.endEpoch(epoch, losses[epoch - 1], stopping);
      if (isBest) best = this.average.snapshot();
    }
    this.average.restore(best);
    this.dropout.dispose();
    return { model: this.model, report: this.report(losses, stopping) };
  }

  private async runEpoch(epoch: number): Promise<number> {
    this.meter.startEpoch();
    const batches = this.planBatches(this.random);
    for (const members of batches) {
      this.options.signal?.throwIfAborted();
      const batch = this.batchOf(members);
      const loss = await this.step(batch);
      await this.meter.step({ epoch, stepCount: batches.length, loss, examples: batch.targets.length });
    }
    return this.meter.loss;
  }

  private async endEpoch(epoch: number, loss: number, stopping: EarlyStopping): Promise<boolean> {
    const { validation, onEpoch } = this.options;
    return this.average.apply(async () => {
      const ndcg = validation ? await sequenceNdcg(this.model, validation) : NaN;
      const isBest = validation ? stopping.note(ndcg) : true;
      await onEpoch?.({ epoch, loss, validation: ndcg, isBest, model: this.model });
      return isBest;
    });
  }

  /** Sequences in random order, cut into steps of about `batchTokens` positions. */
  private planBatches(random: Random): number[][] {
    const order = shuffle(
      Uint32Array.from(this.sequences, (_, index) => index),
      random,
    );
    const batches: number[][] = [];
    let tokens = Infinity;
    for (const index of order) {
      if (tokens >= this.options.batchTokens) {
        batches.push([]);
        tokens = 0;
      }
      batches[batches.length - 1].push(index);
      tokens += Math.min(this.sequences[index].length - 1, this.model.parts.config.historyCountMax);
    }
    return batches;
  }

  private batchOf(members: readonly number[]): SequenceBatch {
    const { config, encoder } = this.model.parts;
    // A target stands this far behind its token, and the last tokens have none.
    const ahead = encoder.objective === 'next-item' ? 1 : 0;
    const windows = members.map((index) =>
      this.windowOf(this.sequences[index], config.historyCountMax + ahead),
    );
    const sequences = windows.map((window) => window.subarray(0, window.length - ahead));
    const layout = layoutTokens(
      sequences.map(({ length }) => length),
      encoder.order,
    );
    const targets = new Uint32Array(layout.tokenCount);
    for (let token = 0; token < layout.tokenCount; token += 1)
      targets[token] = windows[layout.sequences[token]][layout.positions[token] + ahead];
    return {
      layout,
      sequences,
      targets,
      negatives: this.drawNegatives(),
    };
  }

  /**
   * What a step reads of a sequence longer than the encoder does: half the time its newest items, which are what serving
   * reads, else any stretch of it, so that what is long ago teaches too.
   */
  private windowOf(sequence: Uint32Array, lengthMax: number): Uint32Array {
    const spare = sequence.length - lengthMax;
    if (spare <= 0) return sequence;
    const from = this.random() < NEWEST_SHARE ? spare : Math.floor(this.random() * (spare + 1));
    return sequence.subarray(from, from + lengthMax);
  }

  /** Distinct items, uniformly: the head of a partial Fisher–Yates shuffle. O(negatives). */
  private drawNegatives(): Uint32Array {
    const { items } = this;
    const count = Math.min(this.options.negativeCount, items.length);
    if (count < items.length)
      for (let index = 0; index < count; index += 1) {
        const pick = index + Math.floor(this.random() * (items.length - index));
        const held = items[index];
        items[index] = items[pick];
        items[pick] = held;
      }
    return items.slice(0, count);
  }

  private async step(batch: SequenceBatch): Promise<number> {
    const { layout, sequences, targets, negatives } = batch;
    const { loss, gradients } = await sequenceLossAndGradients(this.model.parts, batch, this.dropout);
    const { tokens, positives, negatives: negativeSlopes, ...weights } = gradients;
    const { inputs, outputs, positions } = this.tables;
    const { dimension } = this.model.parts.config;
    const isPlaced = this.model.parts.positions.rowCount > 0;
    for (let token = 0; token < layout.tokenCount; token += 1) {
      const position = layout.positions[token];
      inputs.gradients.add(sequences[layout.sequences[token]][position], 1, tokens, token * dimension);
      if (isPlaced) positions.gradients.add(position, 1, tokens, token * dimension);
      outputs.gradients.add(targets[token], 1, positives, token * dimension);
    }
    negatives.forEach((item, index) => outputs.gradients.add(item, 1, negativeSlopes, index * dimension));
    const scale = this.rateScale();
    this.adam.apply(weights, scale);
    for (const table of new Set([inputs, outputs, positions])) {
      table.adam.apply(table.gradients, scale);
      table.gradients.clear();
    }
    this.average.update();
    this.stepsDone += 1;
    return loss;
  }

  /** Linear warm-up, then half a cosine (Loshchilov and Hutter, 2017). */
  private rateScale(): number {
    const warmUp = Math.min(WARM_UP_STEPS_MAX, WARM_UP_SHARE * this.stepsMax);
    const warm = Math.min(1, (this.stepsDone + 1) / warmUp);
    const done = this.stepsDone / this.stepsMax;
    return warm * (FINAL_RATE + (1 - FINAL_RATE) * 0.5 * (1 + Math.cos(Math.PI * done)));
  }

  private report(losses: readonly number[], { history, bestEpoch }: EarlyStopping): TrainingReport {
    const metrics: Record<string, number> = {};
    if (history.length > 0) metrics['sequence.validation'] = history[bestEpoch - 1];
    return {
      losses,
      validation: history,
      bestEpoch: history.length > 0 ? bestEpoch : losses.length,
      exampleCount: this.meter.exampleCount,
      examplesPerSecond: this.meter.examplesPerSecond,
      durationMs: this.meter.durationMs,
      metrics,
    };
  }
}
