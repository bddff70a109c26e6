import { commonSettings } from '@winnow/platform';
import { z } from 'zod';

/** What candidate generation reads from its environment. */
export const candidateGenerationSettings = {
  ...commonSettings('candidate-generation'),
  /** TF.js backend to use, or fail; unset means the best that starts. */
  backend: { variable: 'WINNOW_BACKEND', schema: z.string().min(1).optional() },
} as const;
