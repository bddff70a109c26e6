import type { Random } from '@winnow/domain';
import type { SearchParameter } from '../search-space';
import type { Sampler } from './sampler';

/** A uniform coordinate of one parameter. */
const uniformCoordinate = (parameter: SearchParameter, random: Random): number =>
  parameter.kind === 'choice' ? Math.floor(random() * parameter.choices.length) : random();

/** Random search (Bergstra and Bengio, JMLR 2012): what was found before changes nothing. */
export const randomSampler: Sampler = {
  propose: (space, _ranked, random) => space.map((parameter) => uniformCoordinate(parameter, random)),
};
