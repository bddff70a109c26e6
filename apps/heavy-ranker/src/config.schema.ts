import { rankerSettings } from '@winnow/model-serving';

/** What the heavy ranker reads from its environment. */
export const heavyRankerSettings = rankerSettings('heavy-ranker');
