import { backendSettings, commonSettings } from '@winnow/platform';

/** What a ranker reads from its environment. */
export const rankerSettings = <Name extends 'light-ranker' | 'heavy-ranker'>(name: Name) =>
  ({ ...commonSettings(name), ...backendSettings }) as const;
