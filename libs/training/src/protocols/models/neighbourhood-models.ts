import { fitItemKnn, fitItemTransitions } from '@winnow/collaborative';
import type { RankingModel } from '../ranking-model';
import { learningInput, scorerModel } from './scorer-model';

const NEIGHBOUR_COUNT = 100;

const KNN_GRID = [100, 300].flatMap((neighbourCount) =>
  [20, 100].flatMap((shrinkage) =>
    [0.5, 0.35].flatMap((targetExponent) =>
      [1, 0.9].map((historyDecay) => ({ neighbourCount, shrinkage, targetExponent, historyDecay })),
    ),
  ),
);

const TRANSITION_GRID = [1, 10].flatMap((gapMax) =>
  [
    { sourceExponent: 1, targetExponent: 0 },
    { sourceExponent: 0, targetExponent: 0 },
    { sourceExponent: 0.5, targetExponent: 0.5 },
  ].flatMap((exponents) => [0.5, 0.7, 0.85].map((historyDecay) => ({ gapMax, ...exponents, historyDecay }))),
);

/** What goes together, and what follows what. */
export const neighbourhoodModels = (): readonly RankingModel[] => [
  scorerModel({
    name: 'item-knn',
    title: 'ItemKNN',
    grid: [20, 200].map((shrinkage) => ({ shrinkage, neighbourCount: NEIGHBOUR_COUNT })),
    fit: (window, settings) => fitItemKnn(learningInput(window), settings),
  }),
  scorerModel({
    name: 'item-knn-tuned',
    title: 'ItemKNN, all settings chosen',
    grid: KNN_GRID,
    fit: (window, settings) => fitItemKnn(learningInput(window), settings),
  }),
  scorerModel({
    name: 'transitions',
    title: 'item transitions, as they are',
    grid: [{ gapMax: 1, sourceExponent: 0.5, historyDecay: 0.6 }],
    fit: (window, settings) => fitItemTransitions(learningInput(window), settings),
  }),
  scorerModel({
    name: 'transitions-tuned',
    title: 'item transitions, all settings chosen',
    grid: TRANSITION_GRID,
    fit: (window, settings) => fitItemTransitions(learningInput(window), settings),
  }),
];
