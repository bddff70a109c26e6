import {
  ATTRIBUTE_TYPES,
  DEFAULT_HEAVY_RANKER_ARCHITECTURE,
  HEAD_LOSSES,
  HEAVY_RANKER_ARCHITECTURES,
  RANKING_LOSSES,
} from '@winnow/domain';
import { z } from 'zod';
import { canarySchema } from './canary-schema';
import { experiments } from './experiments-schema';
import { gateSchema } from './gate-schema';
import { attributeName, name } from './names-schema';
import { surface } from './surface-schema';
import { tuningSchema } from './tuning-schema';

const PLAIN_TYPES = ATTRIBUTE_TYPES.filter((type) => type !== 'embedding');

const attribute = z
  .union([
    z.enum(PLAIN_TYPES),
    z.strictObject({
      type: z.literal('embedding'),
      dimension: z.int().min(1).max(4096).describe('Length of the vector.'),
    }),
  ])
  .describe(`One of ${PLAIN_TYPES.join(', ')}, or { type: embedding, dimension: 64 }.`);

const attributes = z.record(attributeName, attribute);

const event = z.strictObject({
  sentiment: z.enum(['positive', 'neutral', 'negative']).describe('What the event says about the item.'),
  value: z
    .number()
    .min(0)
    .max(1000)
    .optional()
    .describe('How much one counts in popularity and trending. Default: 1 if positive, else 0.'),
  seen: z
    .boolean()
    .optional()
    .describe('Whether the item is not recommended again. Default: true unless neutral.'),
});

const objective = z.strictObject({
  event: name.describe('The head predicts an event of this type.'),
  valueMin: z.number().optional().describe('Only events of at least this value count.'),
  weight: z
    .number()
    .min(-1000)
    .max(1000)
    .describe('Weight of the prediction in the final score; negative for what users dislike.'),
  loss: z
    .enum(HEAD_LOSSES)
    .optional()
    .describe(
      'log-loss (default): the head predicts the odds of the event; mse, huber: its value, for ratings and time spent.',
    ),
});

const learningRate = (rate: number) => z.number().gt(0).max(10).default(rate);

const itemTable = z
  .strictObject({
    kind: z
      .enum(['direct', 'hashed'])
      .default('direct')
      .describe('direct: a row for each item. hashed: each item is the sum of two of rowCount shared rows.'),
    rowCount: z
      .int()
      .min(16)
      .max(16_000_000)
      .default(1_000_000)
      .describe('Rows of a hashed table: the fewer, the more items are mixed up with others.'),
    admitAfterCount: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1)
      .describe('Events that an item needs to get a row; rarer ones are placed by their content alone.'),
    expireAfterDays: z
      .number()
      .min(0)
      .max(36_500)
      .default(0)
      .describe('Items without an event for this many days lose their rows; 0: never.'),
  })
  .describe('Embedding rows of the items in the two-tower model: 4 bytes x dimension each.');

const linearWeights = z
  .strictObject({
    regularisation: z
      .number()
      .gt(0)
      .max(1_000_000)
      .default(200)
      .describe('Added to the diagonal of the co-occurrences: the more, the smoother.'),
    itemCountMax: z
      .int()
      .min(0)
      .max(8192)
      .default(2500)
      .describe('The most frequent items that it covers; time grows with the cube. 0: without the model.'),
  })
  .describe('The linear item-item model (EASE) that rankers read.');

const training = z.strictObject({
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  dimension: z.int().min(4).max(1024).default(64).describe('Dimension of the retrieval embedding.'),
  historyCountMax: z.int().min(1).max(500).default(50).describe('Interactions a model looks back on.'),
  trendingHalfLifeHours: z
    .tuple([z.number().gt(0).max(87_600), z.number().gt(0).max(87_600)])
    .default([48, 336])
    .describe('Half-lives of the trending counters: fast, slow.'),
  twoTower: z
    .strictObject({
      epochsMax: z.int().min(1).max(1000).default(8),
      batchSize: z.int().min(8).max(65_536).default(512),
      learningRate: learningRate(0.002),
      temperature: z.number().gt(0).max(10).default(0.15),
      uniformNegativeCount: z.int().min(0).max(65_536).default(1024),
      spareNewItems: z
        .boolean()
        .default(false)
        .describe(
          'Draw no negatives from items that arrive after what is learnt from: with new-items re-rankers.',
        ),
    })
    .prefault({}),
  itemTable: itemTable.prefault({}),
  linearWeights: linearWeights.prefault({}),
  warmStart: z
    .boolean()
    .default(false)
    .describe(
      'Go on from the towers of the serving release, through the events since; new items get fresh rows.',
    ),
  ranker: z
    .strictObject({
      epochsMax: z.int().min(1).max(1000).default(8),
      windowShare: z.number().gt(0).max(1).default(0.3).describe('Share of the newest events to learn from.'),
      queryCountMax: z.int().min(1).max(10_000_000).default(8000),
      candidateCount: z.int().min(2).max(5000).default(100),
      labelHorizonHours: z.number().gt(0).max(87_600).default(168),
      newUserShare: z
        .number()
        .min(0)
        .max(1)
        .default(0)
        .describe(
          'Share of the moments that show a user as if just arrived: with the last few interactions only.',
        ),
      retrievedPerShown: z
        .number()
        .min(0)
        .max(1000)
        .default(1)
        .describe(
          'Where impressions are tracked: candidates to learn from that were merely retrieved, for each that was shown. 0: what was shown alone.',
        ),
      learningRate: learningRate(0.002),
    })
    .prefault({}),
  heavyRanker: z
    .strictObject({
      architecture: z
        .enum(HEAVY_RANKER_ARCHITECTURES)
        .default(DEFAULT_HEAVY_RANKER_ARCHITECTURE)
        .describe('The network that scores the last candidates; docs/models.md compares them.'),
      rankingLoss: z
        .enum(RANKING_LOSSES)
        .default('listwise')
        .describe('How heads that predict odds learn the order of candidates, besides their log loss.'),
      calibrate: z
        .boolean()
        .default(false)
        .describe('Make up for sampled negatives, so that predictions are odds over all that is retrieved.'),
    })
    .prefault({}),
  index: z
    .strictObject({
      m: z.int().min(2).max(128).default(16),
      efConstruction: z.int().min(8).max(4000).default(200),
      recallMin: z.number().min(0).max(1).default(0.95).describe('Recall@500 that the index must reach.'),
      shards: z.int().min(1).max(64).default(1),
    })
    .prefault({}),
});

const retraining = z.strictObject({
  cron: z.string().default('0 4 * * *').describe('Five fields: minute hour day month weekday, UTC.'),
  windowDays: z.number().min(0).max(36_500).default(0).describe('Days of events to train on; 0: all.'),
  ndcgDropMax: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe('Relative loss of NDCG@20 at which a new release is refused.'),
  gate: gateSchema.prefault({}),
  canary: canarySchema.optional(),
});

const eventLog = z
  .strictObject({
    retentionDays: z
      .int()
      .min(1)
      .max(36_500)
      .describe('Days that events are kept in the log; not below retraining.windowDays.'),
  })
  .describe('How long the event log keeps what users did; without it, for ever.');

const slateLog = z
  .strictObject({
    traceShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.05)
      .describe(
        'Share of the slates that are logged with their full trace: candidates, features as served, scores per stage.',
      ),
    retentionDays: z
      .int()
      .min(1)
      .max(36_500)
      .default(90)
      .describe('Days that served slates are kept in the log.'),
  })
  .describe('What is remembered of served slates; docs/understanding.md shows what for.');

const fairness = z
  .strictObject({
    itemGroups: z
      .array(attributeName)
      .max(16)
      .default([])
      .describe('Item attributes: how exposure and recall are spread over their values.'),
    userGroups: z
      .array(attributeName)
      .max(16)
      .default([])
      .describe('User attributes: how well the users of each value are served.'),
  })
  .describe('Groups that every release’s model card compares.');

/** The file format of winnow.yaml: terser than `Description`, which `toDescription` makes of it. */
export const descriptionSchema = z
  .strictObject({
    namespace: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and -, 63 at most')
      .describe('Prefix of every key in every store.'),
    items: z.strictObject({
      attributes: attributes.prefault({}),
      title: attributeName.optional().describe('The text attribute that people read.'),
    }),
    users: z.strictObject({ attributes: attributes.prefault({}) }).prefault({}),
    events: z.record(name, event).describe('What users do, by name. Append new types at the end.'),
    objectives: z.record(name, objective).describe('Heads of the heavy ranker, by name.'),
    surfaces: z
      .record(name, surface)
      .prefault({ home: {}, similar: {} })
      .describe('Places that show slates, by name; one must be "home".'),
    training: training.prefault({}),
    retraining: retraining.prefault({}),
    eventLog: eventLog.optional(),
    slateLog: slateLog.prefault({}),
    fairness: fairness.optional(),
    tuning: tuningSchema.optional(),
    experiments: experiments.optional(),
  })
  .meta({
    title: 'winnow.yaml',
    description: 'A team’s data and wishes, described once for the Winnow recommender.',
  });

/** A parsed winnow.yaml, per-field defaults filled in. */
export type DescriptionFile = z.output<typeof descriptionSchema>;
export type SurfaceFile = DescriptionFile['surfaces'][string];

/** JSON Schema (2020-12) of winnow.yaml, for editors. */
export const descriptionJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(descriptionSchema, { io: 'input' }) as Record<string, unknown>;

/** The text of schema/winnow.schema.json; `npx tsx scripts/generate-description-schema.ts` writes it. */
export const formatDescriptionSchema = (): string => `${JSON.stringify(descriptionJsonSchema(), null, 2)}\n`;
