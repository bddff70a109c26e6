import { z } from 'zod';
import { attributeName } from './names-schema';

export const QUOTA_MAX = 10_000;
export const RERANKERS_MAX = 16;
/** Milliseconds for a whole slate. */
export const surfaceMs = z.number().min(5).max(60_000);
export const lightKeepCount = z.int().min(1).max(5000);
/** CEL; whether it compiles is checked later. */
export const expression = z.string().min(1).max(10_000);

const quota = z.int().min(1).max(QUOTA_MAX).optional();
const sources = z
  .strictObject({
    'two-tower': quota.describe('Nearest items to the query tower’s vector.'),
    similar: quota.describe('Neighbours of recent and seed items.'),
    trending: quota.describe('Most wanted of the last days.'),
    popular: quota.describe('Most wanted of all time.'),
    fresh: quota.describe('Newest items.'),
  })
  .describe('How many candidates each source may bring; a source left out is off.');

const positions = z
  .array(z.int().min(0).max(499))
  .min(1)
  .max(8)
  .describe('0-based positions that are left to chance, in ascending order.');
const explorationDepth = z
  .int()
  .min(2)
  .max(100)
  .default(20)
  .describe('Items that each position is drawn from: the best that are left.');

const newness = {
  ageDaysMax: z.number().gt(0).max(36_500).default(30).describe('Items older than this are not new …'),
  positivesBelow: z
    .number()
    .gt(0)
    .max(1_000_000)
    .default(5)
    .describe('… nor are those with so many positive events, weighed by value.'),
};

export const reranker = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('mmr'),
      by: z.enum(['vector', 'attribute']).default('vector'),
      attribute: attributeName.optional().describe('Category attribute that tells items apart.'),
      lambda: z.number().min(0).max(1).default(0.95).describe('1: score alone; 0: diversity alone.'),
      depth: z.int().min(1).max(1000).default(100).describe('How many of the best are reordered.'),
    })
    .describe('Maximal marginal relevance: trades a little score for diversity.'),
  z
    .strictObject({
      kind: z.literal('cap'),
      attribute: attributeName.describe('Category attribute whose values are capped.'),
      countMax: z.int().min(1).max(500).describe('Items of one value …'),
      window: z.int().min(2).max(500).describe('… within this many consecutive positions.'),
    })
    .describe('At most so many items of one category in a row of positions.'),
  z
    .strictObject({
      kind: z.literal('new-items'),
      slots: z.int().min(1).max(100).default(1).describe('At most so many positions …'),
      window: z.int().min(2).max(500).default(10).describe('… of every so many in a row.'),
      ...newness,
    })
    .describe(
      'Positions for items that nobody could take yet, by content alone. Only exploration comes after it.',
    ),
  z
    .strictObject({
      kind: z.literal('epsilon-greedy'),
      positions,
      epsilon: z
        .number()
        .gt(0)
        .max(1)
        .default(0.1)
        .describe('Probability of a draw from the best depth items.'),
      depth: explorationDepth,
    })
    .describe('Positions that now and then go to a random one of the best; propensities are logged.'),
  z
    .strictObject({
      kind: z.literal('thompson'),
      positions,
      deviation: z
        .number()
        .gt(0)
        .max(10)
        .default(0.5)
        .describe('How unsure the score of an item without events is, as a share of the range of scores.'),
      depth: explorationDepth,
    })
    .describe(
      'Positions that go to each item with the probability that it is the best; propensities are logged.',
    ),
  z
    .strictObject({
      kind: z.literal('cold-start'),
      positions,
      share: z.number().gt(0).max(1).default(0.2).describe('How often a new item stands there, at most.'),
      ...newness,
      depth: explorationDepth,
    })
    .describe('Positions kept for new items, bounded by share; propensities are logged.'),
]);

export const stageMs = z.number().min(0.5).max(10_000);
const budgets = z
  .strictObject({
    hydrateMs: stageMs.default(10),
    retrieveMs: stageMs.default(30),
    filterMs: stageMs.default(3),
    lightRankMs: stageMs.default(15),
    heavyRankMs: stageMs.default(50),
    rerankMs: stageMs.default(5),
  })
  .describe('Milliseconds each stage may take; together at most deadlineMs.');

/** A place that shows slates, every default filled in. */
export const surface = z.strictObject({
  deadlineMs: surfaceMs.default(150).describe('Milliseconds for a whole slate.'),
  budgets: budgets.prefault({}),
  sources: sources.optional(),
  lightKeepCount: lightKeepCount
    .default(200)
    .describe('How many candidates the light ranker keeps for the heavy one.'),
  filters: z
    .strictObject({
      seen: z.boolean().default(true).describe('Leave out what the user has seen.'),
      expression: expression.optional().describe('CEL, for example item.year >= 1990.'),
    })
    .prefault({}),
  rerankers: z.array(reranker).max(RERANKERS_MAX).optional(),
});
