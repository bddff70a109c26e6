import { EventLoopTurns } from '@winnow/domain';

/** One line of progress of a training run. */
export interface TrainingProgress {
  readonly model: 'two-tower' | 'sequence' | 'heavy-ranker' | 'light-ranker';
  /** From 1. */
  readonly epoch: number;
  readonly epochsMax: number;
  readonly step: number;
  /** Steps of one epoch. */
  readonly stepCount: number;
  /** Running mean of the epoch. */
  readonly loss: number;
  readonly examplesPerSecond: number;
  /** Until `epochsMax` epochs are done; early stopping may end sooner. */
  readonly etaMs: number;
}

/** What a training run says of itself; kept in the release's manifest. */
export interface TrainingReport {
  /** Mean training loss of each epoch. */
  readonly losses: readonly number[];
  /** The early-stopping criterion after each epoch, higher is better; empty when nothing was held out. */
  readonly validation: readonly number[];
  /** Epoch whose weights were kept, from 1. */
  readonly bestEpoch: number;
  readonly exampleCount: number;
  readonly examplesPerSecond: number;
  readonly durationMs: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Measures speed, says how far an epoch is, and lets the rest of the process run between steps. */
export class ProgressMeter {
  private readonly startedAtMs: number;
  private readonly turns: EventLoopTurns;
  private examples = 0;
  private steps = 0;
  private epochLoss = 0;
  private epochSteps = 0;

  constructor(
    private readonly options: {
      readonly model: TrainingProgress['model'];
      readonly epochsMax: number;
      readonly monotonicMs: () => number;
      readonly onProgress?: (progress: TrainingProgress) => void;
    },
  ) {
    this.startedAtMs = options.monotonicMs();
    this.turns = new EventLoopTurns(options);
  }

  get exampleCount(): number {
    return this.examples;
  }

  get durationMs(): number {
    return this.options.monotonicMs() - this.startedAtMs;
  }

  get examplesPerSecond(): number {
    return (1000 * this.examples) / Math.max(1, this.durationMs);
  }

  startEpoch(): void {
    this.epochLoss = 0;
    this.epochSteps = 0;
  }

  /** Mean loss of the epoch so far. */
  get loss(): number {
    return this.epochLoss / Math.max(1, this.epochSteps);
  }

  async step(done: {
    readonly epoch: number;
    readonly stepCount: number;
    readonly loss: number;
    readonly examples: number;
  }): Promise<void> {
    this.examples += done.examples;
    this.steps += 1;
    this.epochSteps += 1;
    this.epochLoss += done.loss;
    const stepsLeft =
      (this.options.epochsMax - done.epoch) * done.stepCount + done.stepCount - this.epochSteps;
    this.options.onProgress?.({
      model: this.options.model,
      epoch: done.epoch,
      epochsMax: this.options.epochsMax,
      step: this.epochSteps,
      stepCount: done.stepCount,
      loss: this.loss,
      examplesPerSecond: this.examplesPerSecond,
      etaMs: (this.durationMs / this.steps) * Math.max(0, stepsLeft),
    });
    await this.turns.take();
  }
}

/** Keeps the best epoch and says when patience has run out. */
export class EarlyStopping {
  private readonly values: number[] = [];
  private best = 0;

  constructor(private readonly patience: number) {}

  /** Notes an epoch's criterion; true when it is the best so far. */
  note(value: number): boolean {
    this.values.push(value);
    if (this.values.length > 1 && !(value > this.values[this.best])) return false;
    this.best = this.values.length - 1;
    return true;
  }

  get exhausted(): boolean {
    return this.values.length - 1 - this.best >= this.patience;
  }

  get bestEpoch(): number {
    return this.best + 1;
  }

  get history(): readonly number[] {
    return this.values;
  }
}
