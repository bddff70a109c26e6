import { commonSettings, stageAddressSettings } from '@winnow/platform';
import { z } from 'zod';

/** What the orchestrator reads from its environment. */
export const orchestratorSettings = {
  ...commonSettings('orchestrator'),
  ...stageAddressSettings,
  /** Requests answered at once; from half of it on the funnel narrows, beyond it requests are shed. */
  inFlightMax: {
    variable: 'WINNOW_IN_FLIGHT_MAX',
    schema: z.coerce.number().int().min(1).max(10_000).default(128),
  },
  /** How long the first release waits for the stages, to rehearse with them, before this process calls itself ready. */
  rehearsalWaitMs: {
    variable: 'WINNOW_REHEARSAL_WAIT_MS',
    schema: z.coerce.number().int().min(0).max(60_000).default(4_000),
  },
} as const;
