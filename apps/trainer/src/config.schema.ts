import { z } from 'zod';
import { commonSettings } from '@winnow/platform';

/** What the trainer reads from its environment. */
export const trainerSettings = {
  ...commonSettings('trainer'),
  /** A step whose worker died is taken up again after this. */
  lockDurationMs: {
    variable: 'WINNOW_TRAINER_LOCK_MS',
    schema: z.coerce.number().int().min(1_000).max(3_600_000).default(60_000),
  },
  /** Releases kept on disk besides the current one and its predecessor. */
  releaseKeepCount: {
    variable: 'WINNOW_RELEASE_KEEP_COUNT',
    schema: z.coerce.number().int().min(2).max(1_000).default(5),
  },
} as const;
