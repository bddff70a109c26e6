import type {
  Clock,
  Description,
  EventLogReader,
  ModelRegistryReader,
  ModelRegistryWriter,
  ReleaseManifest,
  RetrainingStep,
  ShownSlateReader,
  SlateLogReader,
  TensorFile,
} from '@winnow/domain';
import type { BuildIndex, ExactIndexOf, RunFolder } from '../ports';
import type { WarmStartParent } from '../warm-start';

/** Everything a step may use. Steps keep nothing in memory between them: what they share is in the run's folder. */
export interface StepContext {
  readonly description: Description;
  readonly run: RunFolder;
  readonly eventLog: EventLogReader & ShownSlateReader;
  /** Traces of served slates; absent: all features are computed from the event log. */
  readonly slateLog?: SlateLogReader;
  /**
   * Where live state must go on from. Resolves once everything up to these positions is in the event log, so that no
   * event is missed between the frame and the tail.
   */
  readonly cursors: () => Promise<ReleaseManifest['cursors']>;
  readonly registry: ModelRegistryReader & ModelRegistryWriter;
  readonly buildIndex: BuildIndex;
  readonly exactIndexOf: ExactIndexOf;
  readonly readTensorFile: (path: string) => Promise<TensorFile>;
  readonly readJsonFile: (path: string) => Promise<unknown>;
  readonly codeVersion: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number, note: string) => void;
}

/** One step of a run. Running it again gives the same files. */
export interface Step {
  readonly name: RetrainingStep;
  /** Returns a line for people. */
  run(context: StepContext): Promise<string>;
}

/** Names of the files in a run's folder, in the order in which they come to be. */
export const RUN_FILES = {
  dataset: 'dataset.json',
  frame: 'dataset/frame.safetensors',
  shown: 'dataset/shown.safetensors',
  served: 'dataset/served-features.safetensors',
  items: 'release/items.safetensors',
  featureSet: 'release/feature-set.json',
  baseTower: 'two-tower/base.safetensors',
  baseVectors: 'two-tower/base-vectors.safetensors',
  tower: 'release/two-tower.safetensors',
  vectors: 'release/item-vectors.safetensors',
  towerReport: 'two-tower.json',
  indexReport: 'index.json',
  indexFolder: 'release/index',
  examples: 'heavy/examples.safetensors',
  heavy: 'release/heavy-ranker.safetensors',
  heavyReport: 'heavy.json',
  light: 'release/light-ranker.safetensors',
  lightReport: 'light.json',
  evaluation: 'evaluate.json',
  evidence: 'evidence.json',
  gateEvidence: 'gate-evidence.json',
  verdict: 'gate.json',
  neighbours: 'release/neighbours.safetensors',
  linearWeights: 'release/linear-weights.safetensors',
  counters: 'release/counters.safetensors',
  card: 'release/model-card.json',
  cardPage: 'release/model-card.html',
  driftReference: 'release/drift-reference.json',
  gateReport: 'release/gate.json',
  gatePage: 'release/gate.html',
  releaseFolder: 'release',
  published: 'publish.json',
} as const;

/** What the dataset step found. */
export interface DatasetReport {
  readonly cursors: ReleaseManifest['cursors'];
  readonly featureSetHash: string;
  readonly itemCount: number;
  readonly ordinalLimit: number;
  readonly userCount: number;
  readonly eventCount: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Events from here on make ranker examples; the base tower has not seen them. */
  readonly rankerIndex: number;
  /** Events from here on are held out of all training, for the evaluation that the gate decides on. */
  readonly holdoutIndex: number;
  /** The release whose base tower this run goes on from; null when it starts from nothing. */
  readonly warmStart: WarmStartParent | null;
}
