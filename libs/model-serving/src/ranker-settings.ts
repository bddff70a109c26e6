import { commonSettings } from '@winnow/platform';
import { z } from 'zod';

/** What a ranker reads from its environment. */
export const rankerSettings = <Name extends 'light-ranker' | 'heavy-ranker'>(name: Name) =>
  ({
    ...commonSettings(name),
    /** TF.js backend to use, or fail; unset means the best that starts. */
    backend: { variable: 'WINNOW_BACKEND', schema: z.string().min(1).optional() },
  }) as const;
