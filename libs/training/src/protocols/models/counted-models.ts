import type { RankingModel } from '../ranking-model';
import { factorisationModels } from './factorisation-models';
import { neighbourhoodModels } from './neighbourhood-models';
import { popularityModels } from './popularity-models';

/** Every ranking model without a network, from the simplest on. */
export const countedModels = (): readonly RankingModel[] => [
  ...popularityModels(),
  ...neighbourhoodModels(),
  ...factorisationModels(),
];
