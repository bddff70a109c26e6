import { DEFAULT_GATE, INTERVAL_VALUES } from '@winnow/domain';
import type { GateThreshold } from '@winnow/domain';
import { z } from 'zod';
import { attributeName } from './names-schema';

/** A number between these, or `off`. */
const threshold = (standard: GateThreshold, { low = 0, high = 1 } = {}) =>
  z.union([z.number().min(low).max(high), z.literal('off')]).default(standard);

const decideBy = (standard: (typeof INTERVAL_VALUES)[number]) =>
  z
    .enum(INTERVAL_VALUES)
    .default(standard)
    .describe(
      'Value of the difference’s interval that must reach the limit. high: only what is surely worse is refused; low: all that is not surely as good.',
    );

const baseline = ({ ndcgLeadMin, ...standard }: typeof DEFAULT_GATE.popular, whom: string) =>
  z
    .strictObject({
      ndcgLeadMin: threshold(ndcgLeadMin, { low: -1, high: 10 }).describe(
        `NDCG@20 over that of ${whom}, relative: 0.1 is a tenth more.`,
      ),
      decideBy: decideBy(standard.decideBy),
    })
    .prefault({});

const serving = z
  .strictObject({
    recallDropMax: threshold(DEFAULT_GATE.serving.recallDropMax).describe(
      'Relative loss of recall@20 against the serving release. For NDCG@20: retraining.ndcgDropMax.',
    ),
    catalogueNdcgDropMax: threshold(DEFAULT_GATE.serving.catalogueNdcgDropMax).describe(
      'Relative loss of NDCG@20 over the whole catalogue, where the order of what was shown decides. The serving release has shown what was taken, so an honest release loses some, too.',
    ),
    decideBy: decideBy(DEFAULT_GATE.serving.decideBy),
  })
  .prefault({});

const heads = z
  .strictObject({
    positiveCountMin: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(DEFAULT_GATE.heads.positiveCountMin)
      .describe('Heads with fewer positives on the slice are not checked.'),
    aucDropMax: threshold(DEFAULT_GATE.heads.aucDropMax).describe(
      'Loss of AUC against the serving release, mean over users.',
    ),
    logLossRiseMax: threshold(DEFAULT_GATE.heads.logLossRiseMax, { high: 10 }).describe(
      'Relative rise of the log loss against the serving release.',
    ),
    calibrationErrorMax: threshold(DEFAULT_GATE.heads.calibrationErrorMax).describe(
      'Mean distance of predicted and observed odds. Means little without training.heavyRanker.calibrate.',
    ),
  })
  .prefault({})
  .describe('Of each head that predicts odds.');

const catalogue = z
  .strictObject({
    coverageDropMax: threshold(DEFAULT_GATE.catalogue.coverageDropMax).describe(
      'Relative loss of the share of the catalogue that somebody is shown.',
    ),
    giniRiseMax: threshold(DEFAULT_GATE.catalogue.giniRiseMax).describe(
      'Rise of the Gini coefficient of exposure.',
    ),
    popularityCurveDropMax: threshold(DEFAULT_GATE.catalogue.popularityCurveDropMax).describe(
      'Relative loss of the number of items that make half of all recommendations.',
    ),
  })
  .prefault({})
  .describe('How recommendations are spread over the catalogue, against the serving release.');

const agreement = z
  .strictObject({
    shareMin: threshold(DEFAULT_GATE.agreement.shareMin).describe(
      'Share of the heavy ranker’s best 50 that the light ranker keeps.',
    ),
    dropMax: threshold(DEFAULT_GATE.agreement.dropMax).describe(
      'Loss of that share against the serving release.',
    ),
  })
  .prefault({});

const slices = z
  .strictObject({
    ndcgDropMax: threshold(DEFAULT_GATE.slices.ndcgDropMax).describe(
      'Relative loss of NDCG@20 of any slice against the serving release.',
    ),
    userCountMin: z
      .int()
      .min(2)
      .max(100_000)
      .default(DEFAULT_GATE.slices.userCountMin)
      .describe('Slices of fewer users are not checked.'),
    itemGroups: z
      .array(attributeName)
      .max(16)
      .default([])
      .describe('Item attributes whose values are slices, besides fairness.itemGroups.'),
    userGroups: z
      .array(attributeName)
      .max(16)
      .default([])
      .describe('User attributes whose values are slices, besides fairness.userGroups.'),
  })
  .prefault({})
  .describe('New and active users, new and known items, and the values of the attributes named.');

const behaviour = z
  .strictObject({
    singleTasteLiftMin: threshold(DEFAULT_GATE.behaviour.singleTasteLiftMin, { high: 1000 }).describe(
      'A user who likes one category gets this many times as much of it as others.',
    ),
    halvesLeadMin: threshold(DEFAULT_GATE.behaviour.halvesLeadMin, { low: -1 }).describe(
      'The slates for two halves of one history have this much more in common than those of strangers.',
    ),
    forgottenOverlapMin: threshold(DEFAULT_GATE.behaviour.forgottenOverlapMin).describe(
      'Share of a slate that stays when the oldest interaction is forgotten.',
    ),
    irrelevantOverlapMin: threshold(DEFAULT_GATE.behaviour.irrelevantOverlapMin).describe(
      'Share of a slate that stays when an attribute of irrelevantAttributes changes.',
    ),
    irrelevantAttributes: z
      .array(attributeName)
      .max(16)
      .default([])
      .describe('User attributes that must not matter.'),
  })
  .prefault({})
  .describe('What the release does with made-up users.');

/** The `retraining.gate` section of winnow.yaml; every limit may be `off`. */
export const gateSchema = z
  .strictObject({
    userCountMin: z
      .int()
      .min(2)
      .max(100_000)
      .default(DEFAULT_GATE.userCountMin)
      .describe('With fewer held-out users, only what needs none is checked.'),
    confidence: z
      .number()
      .min(0.5)
      .max(0.999)
      .default(DEFAULT_GATE.confidence)
      .describe('Of every interval.'),
    indexRecallDropMax: threshold(DEFAULT_GATE.indexRecallDropMax).describe(
      'How far the index may stay below training.index.recallMin.',
    ),
    popular: baseline(DEFAULT_GATE.popular, 'the popular list'),
    trending: baseline(DEFAULT_GATE.trending, 'the trending list'),
    serving,
    heads,
    catalogue,
    agreement,
    slices,
    behaviour,
  })
  .describe('What a new release must show on the newest events to be promoted. Every limit may be off.');
