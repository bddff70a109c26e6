import { DEFAULT_CANARY, INTERVAL_VALUES } from '@winnow/domain';
import { z } from 'zod';

/** The `retraining.canary` section of winnow.yaml; without it a release that passes the gate serves everybody at once. */
export const canarySchema = z
  .strictObject({
    share: z.number().gt(0).max(0.5).default(DEFAULT_CANARY.share).describe('Share of the users.'),
    hoursMin: z
      .number()
      .gt(0)
      .max(8_760)
      .default(DEFAULT_CANARY.hoursMin)
      .describe('Not promoted before it has served for so long.'),
    hoursMax: z
      .number()
      .gt(0)
      .max(8_760)
      .default(DEFAULT_CANARY.hoursMax)
      .describe('By then it is promoted or dropped. Below the time between two runs of retraining.cron.'),
    userCountMin: z
      .int()
      .min(2)
      .max(10_000_000)
      .default(DEFAULT_CANARY.userCountMin)
      .describe('With fewer users of the canary nothing is concluded; at the end it is dropped.'),
    valueDropMax: z
      .number()
      .min(0)
      .max(1)
      .default(DEFAULT_CANARY.valueDropMax)
      .describe('Relative loss of value per user that is still as good.'),
    decideBy: z
      .enum(INTERVAL_VALUES)
      .default(DEFAULT_CANARY.decideBy)
      .describe('Value of the difference’s interval that must reach valueDropMax at hoursMax.'),
    confidence: z
      .number()
      .min(0.5)
      .max(0.999)
      .default(DEFAULT_CANARY.confidence)
      .describe('Of every interval.'),
    degradedShareRiseMax: z
      .number()
      .min(0)
      .max(1)
      .default(DEFAULT_CANARY.degradedShareRiseMax)
      .describe('Rise of the share of slates that go without a component.'),
    shadowShare: z
      .number()
      .min(0)
      .max(1)
      .default(DEFAULT_CANARY.shadowShare)
      .describe(
        'Share of the other users’ requests that the canary answers as well, unseen, to be compared by metrics.',
      ),
    covariateDays: z
      .int()
      .min(0)
      .max(365)
      .default(DEFAULT_CANARY.covariateDays)
      .describe('Days before a user’s first slate that make the comparison surer (CUPED); 0: none.'),
  })
  .describe(
    'Serve a release that has passed the gate to a share of the users first, and promote or drop it by what they do.',
  );
