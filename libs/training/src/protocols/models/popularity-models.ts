import {
  decayedPopularity,
  fixedScorer,
  popularity,
  randomScorer,
  recentPopularity,
} from '@winnow/collaborative';
import type { RankingModel } from '../ranking-model';
import { learningInput, scorerModel } from './scorer-model';

const RECENT_DAYS = 30;

/** Days in which an interaction loses half its weight. */
export const HALF_LIVES_DAYS = [1, 2, 3, 5, 7, 14, 30] as const;

/** The same list for everybody, and the list of chance. */
export const popularityModels = (): readonly RankingModel[] => [
  scorerModel({
    name: 'random',
    title: 'random',
    deterministic: false,
    grid: [{}],
    fit: (window, _settings, { seed }) => randomScorer(learningInput(window), { seed }),
  }),
  scorerModel({
    name: 'popular',
    title: 'popular, all time',
    grid: [{}],
    fit: (window) => fixedScorer(popularity(learningInput(window))),
  }),
  scorerModel({
    name: 'popular-recent',
    title: `popular, last ${RECENT_DAYS} days`,
    grid: [{ days: RECENT_DAYS }],
    fit: (window, { days }) =>
      fixedScorer(recentPopularity(learningInput(window), { nowMs: window.startMs, days })),
  }),
  scorerModel({
    name: 'popular-decayed',
    title: 'popular, decayed',
    grid: HALF_LIVES_DAYS.map((halfLifeDays) => ({ halfLifeDays })),
    fit: (window, { halfLifeDays }) =>
      fixedScorer(decayedPopularity(learningInput(window), { nowMs: window.startMs, halfLifeDays })),
  }),
];
