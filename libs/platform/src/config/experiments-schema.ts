import { z } from 'zod';
import { name } from './names-schema';
import {
  expression,
  lightKeepCount,
  QUOTA_MAX,
  reranker,
  RERANKERS_MAX,
  stageMs,
  surfaceMs,
} from './surface-schema';

const quota = z.int().min(0).max(QUOTA_MAX).optional();

/** No defaults here: what an arm does not say stays as the surface has it. */
const surfaceOverride = z
  .strictObject({
    deadlineMs: surfaceMs.optional(),
    budgets: z
      .strictObject({
        hydrateMs: stageMs.optional(),
        retrieveMs: stageMs.optional(),
        filterMs: stageMs.optional(),
        lightRankMs: stageMs.optional(),
        heavyRankMs: stageMs.optional(),
        rerankMs: stageMs.optional(),
      })
      .optional(),
    sources: z
      .strictObject({ 'two-tower': quota, similar: quota, trending: quota, popular: quota, fresh: quota })
      .optional()
      .describe('Quotas of these sources instead of the surface’s; 0 switches one off.'),
    lightKeepCount: lightKeepCount.optional(),
    filters: z.strictObject({ seen: z.boolean().optional(), expression: expression.optional() }).optional(),
    rerankers: z
      .array(reranker)
      .max(RERANKERS_MAX)
      .optional()
      .describe('The whole list instead of the surface’s, exploration included.'),
  })
  .describe('What the arm changes about a surface; the rest stays.');

const arm = z.strictObject({
  weight: z
    .number()
    .gt(0)
    .max(1000)
    .default(1)
    .describe('Share of the experiment’s users, relative to the other arms’.'),
  surfaces: z.record(name, surfaceOverride).optional().describe('What is different, by surface.'),
  release: z
    .string()
    .regex(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/, 'must be a version that `winnow releases` lists')
    .optional()
    .describe('Serve from this release while it is loaded.'),
});

const share = z.number().min(0).max(1);

const experiment = z.strictObject({
  traffic: z
    .tuple([share, share])
    .default([0, 1])
    .describe('Part of the layer’s users, from and up to: [0, 0.2]. Growing it moves nobody between arms.'),
  arms: z.record(name, arm).describe('By name; the first one is the control.'),
});

/** The `experiments` section: who gets something else than the surfaces as they are described. */
export const experiments = z
  .strictObject({
    holdoutShare: z
      .number()
      .min(0)
      .max(0.1)
      .default(0.01)
      .describe('Users kept out of every experiment for good, as a share of all.'),
    layers: z
      .record(name, z.record(name, experiment))
      .describe(
        'Experiments by layer and name. Those of one layer share no user, and no two layers change the same parameter.',
      ),
  })
  .describe('Experiments: arms by hash of the user, each changing surfaces or pinning a release.');
