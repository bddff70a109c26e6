import { z } from 'zod';
import { addressSchema, backendSettings, commonSettings } from '@winnow/platform';

const { listenAddress: _, ...common } = commonSettings('trainer');

/** What the trainer reads from its environment; it serves nothing but its metrics. */
export const trainerSettings = {
  ...common,
  ...backendSettings,
  /** A step whose worker died is taken up again after this. */
  lockDurationMs: {
    variable: 'WINNOW_TRAINER_LOCK_MS',
    schema: z.coerce.number().int().min(1_000).max(3_600_000).default(60_000),
  },
  /** Where bull-board shows the jobs; unset: nowhere. */
  jobBoardAddress: { variable: 'WINNOW_JOB_BOARD_ADDRESS', schema: addressSchema.optional() },
  /** What its user has to bring. */
  jobBoardPassword: {
    variable: 'WINNOW_JOB_BOARD_PASSWORD',
    schema: z.string().min(12, 'must have at least 12 characters').optional(),
  },
  /** Releases kept on disk besides the current one and its predecessor. */
  releaseKeepCount: {
    variable: 'WINNOW_RELEASE_KEEP_COUNT',
    schema: z.coerce.number().int().min(2).max(1_000).default(5),
  },
} as const;
