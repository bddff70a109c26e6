import { SAMPLER_NAMES } from '@winnow/tuning';
import { z } from 'zod';

const settingPath = z
  .string()
  .regex(
    /^(training|surfaces|objectives)(\.[a-zA-Z0-9_-]+)+$/,
    'must be the path of a setting under training, surfaces or objectives, like training.twoTower.learningRate',
  );

const parameter = z.union([
  z
    .strictObject({
      choices: z
        .array(z.union([z.number(), z.string(), z.boolean()]))
        .min(2)
        .max(64),
    })
    .describe('One of these.'),
  z
    .strictObject({
      low: z.number(),
      high: z.number(),
      scale: z
        .enum(['linear', 'log'])
        .default('linear')
        .describe('log: as many trials from 0.001 to 0.01 as from 0.01 to 0.1.'),
    })
    .describe('A number between these, both included; whole where the setting is.'),
]);

/** The `tuning` section of winnow.yaml. */
export const tuningSchema = z
  .strictObject({
    sampler: z
      .enum(SAMPLER_NAMES)
      .default('tpe')
      .describe('tpe: proposals are like the best so far; random: like nothing.'),
    halving: z
      .strictObject({
        factor: z
          .int()
          .min(2)
          .max(10)
          .default(3)
          .describe('One of so many goes on, with so many times the budget.'),
        rungs: z.int().min(1).max(5).default(2).describe('Budgets to pass through; 1: all get the full one.'),
        bracketTrials: z.int().min(1).max(1000).default(9).describe('Trials that compete with each other.'),
      })
      .prefault({})
      .describe('Successive halving: most trials get a part of the epochs or moments only.'),
    parameters: z
      .record(settingPath, parameter)
      .optional()
      .describe('What to vary, by path in this file. Default: what docs/tuning.md lists.'),
  })
  .describe('What `winnow tune` searches.');

export type TuningFile = z.output<typeof tuningSchema>;
