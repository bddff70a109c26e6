import type { AttributeDefinition } from './attributes';
import type { CanaryDescription } from './canary-description';
import type { ExperimentsDescription } from './experiment-description';
import type { GateDescription } from './gate-description';

/** What a kind of event means. */
export interface EventTypeDescription {
  readonly name: string;
  readonly sentiment: 'positive' | 'neutral' | 'negative';
  /** How much one such event counts in popularity and trending. */
  readonly value: number;
  /** A seen item is not recommended again. */
  readonly countsAsSeen: boolean;
}

/** What a head of the heavy ranker learns by: the odds of an event, or its value. */
export const HEAD_LOSSES = ['log-loss', 'mse', 'huber'] as const;
export type HeadLossName = (typeof HEAD_LOSSES)[number];

/** How heavy rankers learn the order of a query's candidates, besides each head's own loss. */
export const RANKING_LOSSES = ['listwise', 'pairwise', 'none'] as const;
export type RankingLossName = (typeof RANKING_LOSSES)[number];

/** One head of the heavy ranker and its weight in the value model. */
export interface ObjectiveDescription {
  readonly head: string;
  /** The head predicts an event of this type … */
  readonly event: string;
  /** … whose value is at least this, when set. */
  readonly valueMin?: number;
  /** Negative for negative feedback. */
  readonly weight: number;
  /** Default: `log-loss`, the odds of the event; the others learn its value. */
  readonly loss?: HeadLossName;
}

/** How many candidates a source may bring. */
export interface SourceDescription {
  readonly source: 'two-tower' | 'similar' | 'trending' | 'popular' | 'fresh';
  readonly quota: number;
}

/** Which items count as new. */
export interface NewnessDescription {
  /** Older items are not new … */
  readonly ageDaysMax: number;
  /** … nor are those with this weight of positive events, or more. */
  readonly positivesBelow: number;
}

/** One entry of a surface's `rerankers`, defaults filled in. */
export type RerankerDescription =
  | {
      readonly kind: 'mmr';
      readonly by: 'vector' | 'attribute';
      readonly attribute?: string;
      readonly lambda: number;
      readonly depth: number;
    }
  | { readonly kind: 'cap'; readonly attribute: string; readonly countMax: number; readonly window: number }
  | (NewnessDescription & {
      readonly kind: 'new-items';
      /** Positions of every `window` in a row. */
      readonly slots: number;
      readonly window: number;
    })
  | ExplorationDescription;

/** A re-ranker that leaves positions to chance, with known propensities. Positions are 0-based. */
export type ExplorationDescription = { readonly positions: readonly number[]; readonly depth: number } & (
  | { readonly kind: 'epsilon-greedy'; readonly epsilon: number }
  | { readonly kind: 'thompson'; readonly deviation: number }
  | (NewnessDescription & { readonly kind: 'cold-start'; readonly share: number })
);

/** Milliseconds that each stage may take. */
export interface BudgetsDescription {
  readonly hydrateMs: number;
  readonly retrieveMs: number;
  readonly filterMs: number;
  readonly lightRankMs: number;
  readonly heavyRankMs: number;
  readonly rerankMs: number;
}

/** A place that shows slates, as winnow.yaml describes it or an experiment's arms make it. */
export interface SurfaceDescription {
  readonly name: string;
  readonly deadlineMs: number;
  readonly budgets: BudgetsDescription;
  readonly sources: readonly SourceDescription[];
  /** How many candidates the light ranker keeps for the heavy one. */
  readonly lightKeepCount: number;
  readonly filters: {
    readonly seen: boolean;
    /** CEL, applied to every request of this surface besides its own filter. */
    readonly expression?: string;
  };
  readonly rerankers: readonly RerankerDescription[];
}

/** Networks that a heavy ranker can be. */
export const HEAVY_RANKER_ARCHITECTURES = [
  'wide-attentive-cross',
  'wide-and-deep',
  'deepfm',
  'neumf',
  'dlrm',
  'dcn-v2',
  'din',
  'bst',
  'mmoe',
  'ple',
] as const;
export type HeavyRankerArchitectureName = (typeof HEAVY_RANKER_ARCHITECTURES)[number];
/** Taken unless winnow.yaml names another; docs/models.md compares them. */
export const DEFAULT_HEAVY_RANKER_ARCHITECTURE: HeavyRankerArchitectureName = 'wide-attentive-cross';

/** Which items have embedding rows of their own in the two-tower model, and how these are kept. */
export interface ItemTableDescription {
  /** `direct`: a row for each item; `hashed`: each item is the sum of two of `rowCount` rows that all share. */
  readonly kind: 'direct' | 'hashed';
  /** Read when hashed. */
  readonly rowCount: number;
  /** Events of the training window that an item needs; rarer ones are placed by their content alone. */
  readonly admitAfterCount: number;
  /** Items without an event for this many days lose their rows; 0: never. */
  readonly expireAfterDays: number;
}

/** The `training` section of winnow.yaml, defaults filled in. */
export interface TrainingDescription {
  readonly seed: number;
  /** Dimension of the retrieval embedding. */
  readonly dimension: number;
  readonly historyCountMax: number;
  /** Half-lives of the trending counters, in hours: fast, slow. */
  readonly trendingHalfLifeHours: readonly [number, number];
  readonly twoTower: {
    readonly epochsMax: number;
    readonly batchSize: number;
    readonly learningRate: number;
    readonly temperature: number;
    readonly uniformNegativeCount: number;
    /** Items that arrive after what is learnt from are no negatives. */
    readonly spareNewItems: boolean;
  };
  readonly itemTable: ItemTableDescription;
  /** The linear item–item model that rankers read. */
  readonly linearWeights: {
    /** Added to the diagonal of the items' co-occurrences: the more, the smoother. */
    readonly regularisation: number;
    /** The most frequent items that it covers; 0 leaves the model out. */
    readonly itemCountMax: number;
  };
  /** Whether a retraining goes on from the serving release's towers instead of from nothing. */
  readonly warmStart: boolean;
  readonly ranker: {
    readonly epochsMax: number;
    /** Share of the newest events that ranker examples are made from. */
    readonly windowShare: number;
    readonly queryCountMax: number;
    readonly candidateCount: number;
    /** An item counts as a positive for a query when its event follows within this many hours. */
    readonly labelHorizonHours: number;
    /** Of the moments, those that show the user with the last few interactions only. */
    readonly newUserShare: number;
    /** Candidates to learn from that were merely retrieved, for each that was shown, where that is known. */
    readonly retrievedPerShown: number;
    readonly learningRate: number;
  };
  readonly heavyRanker: {
    readonly architecture: HeavyRankerArchitectureName;
    readonly rankingLoss: RankingLossName;
    /** Predict the odds over all that is retrieved, not over the sample of negatives that is learnt from. */
    readonly calibrate: boolean;
  };
  readonly index: {
    readonly m: number;
    readonly efConstruction: number;
    readonly recallMin: number;
    readonly shards: number;
  };
}

/** When a release is made anew, of which events, and what it must not lose. */
export interface RetrainingDescription {
  /** Five-field cron, UTC. */
  readonly cron: string;
  /** Days of events to train on; 0 means all. */
  readonly windowDays: number;
  /** How much worse than the serving release NDCG@20 may be, relative, before the gate refuses. */
  readonly ndcgDropMax: number;
  readonly gate: GateDescription;
  /** Absent: a release that passes the gate serves everybody at once. */
  readonly canary?: CanaryDescription;
}

/** How long the event log keeps what users did. */
export interface EventLogDescription {
  /** Events of older days are removed; catalogue changes never are. */
  readonly retentionDays: number;
}

/** What is remembered of served slates. */
export interface SlateLogDescription {
  /** Share of the slates that are logged with their full trace, in [0, 1]. */
  readonly traceShare: number;
  /** Older slates are forgotten. */
  readonly retentionDays: number;
}

/** Attributes whose values make groups that every release's model card compares. */
export interface FairnessDescription {
  /** Of items: who is shown. */
  readonly itemGroups: readonly string[];
  /** Of users: who is served well. */
  readonly userGroups: readonly string[];
}

/** A team's data and wishes, described once: the validated content of winnow.yaml. */
export interface Description {
  /** Prefix of every key in every store. */
  readonly namespace: string;
  readonly items: { readonly attributes: readonly AttributeDefinition[]; readonly titleAttribute?: string };
  readonly users: { readonly attributes: readonly AttributeDefinition[] };
  readonly events: readonly EventTypeDescription[];
  readonly objectives: readonly ObjectiveDescription[];
  readonly surfaces: readonly SurfaceDescription[];
  readonly training: TrainingDescription;
  readonly retraining: RetrainingDescription;
  /** Absent: events are kept for ever. */
  readonly eventLog?: EventLogDescription;
  readonly slateLog: SlateLogDescription;
  /** Absent: no groups are compared. */
  readonly fairness?: FairnessDescription;
  /** Absent: everybody is served the surfaces as they are. */
  readonly experiments?: ExperimentsDescription;
}

/** Position of an event type in the description, by which histories and columns speak of it; −1 for an unknown one. */
export const eventTypeIndex = (description: Description, name: string): number =>
  description.events.findIndex((event) => event.name === name);
