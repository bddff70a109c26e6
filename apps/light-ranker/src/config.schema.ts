import { rankerSettings } from '@winnow/model-serving';

/** What the light ranker reads from its environment. */
export const lightRankerSettings = rankerSettings('light-ranker');
