import { backendSettings, commonSettings } from '@winnow/platform';

/** What candidate generation reads from its environment. */
export const candidateGenerationSettings = {
  ...commonSettings('candidate-generation'),
  ...backendSettings,
} as const;
