import { commonSettings } from '@winnow/platform';
import { z } from 'zod';

/** What a process of this app does; each role scales by itself. */
export const ROLES = ['api', 'online-state', 'archive'] as const;
export type Role = (typeof ROLES)[number];

const rolesSchema = z
  .string()
  .default(ROLES.join(','))
  .transform((text) => [...new Set(text.split(',').map((role) => role.trim()))].filter(Boolean))
  .pipe(z.array(z.enum(ROLES, `must be a comma-separated list of ${ROLES.join(', ')}`)).min(1));

/** What the event collector reads from its environment. */
export const eventCollectorSettings = {
  ...commonSettings('event-collector'),
  roles: { variable: 'WINNOW_ROLES', schema: rolesSchema },
  /** How long acknowledged events wait for company before they are written to the event log. */
  archiveLingerMs: {
    variable: 'WINNOW_ARCHIVE_LINGER_MS',
    schema: z.coerce.number().int().min(0).max(15_000).default(5_000),
  },
  /** … and how many of them are written at once without waiting longer. */
  archiveBatchMax: {
    variable: 'WINNOW_ARCHIVE_BATCH_MAX',
    schema: z.coerce.number().int().min(1).max(100_000).default(10_000),
  },
  /** Events are refused while the oldest one that the event log does not have yet waits for longer. */
  archiveLagMaxMs: {
    variable: 'WINNOW_ARCHIVE_LAG_MAX_MS',
    schema: z.coerce.number().int().min(1_000).max(172_800_000).default(21_600_000),
  },
  /** A consumer that has held an entry for this long, lingering aside, is dead: another one takes the entry over. */
  claimIdleMs: {
    variable: 'WINNOW_CLAIM_IDLE_MS',
    schema: z.coerce.number().int().min(1_000).max(3_600_000).default(15_000),
  },
} as const;
