import { z } from 'zod';
import { backendSettings, commonSettings } from '@winnow/platform';

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
  /** Releases kept on disk besides the current one and its predecessor. */
  releaseKeepCount: {
    variable: 'WINNOW_RELEASE_KEEP_COUNT',
    schema: z.coerce.number().int().min(2).max(1_000).default(5),
  },
} as const;
