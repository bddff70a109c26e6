import type { Random } from '@winnow/domain';
import type { ClickModelOptions } from './options';

/** What the user did at one position. */
export interface Reaction {
  /** Whether the user got as far as this position. */
  readonly examined: boolean;
  readonly clicked: boolean;
  readonly purchased: boolean;
  readonly hidden: boolean;
}

const UNSEEN: Reaction = { examined: false, clicked: false, purchased: false, hidden: false };

/**
 * Probability that each position is examined, first to last, given the affinities above it.
 * Cascade with abandonment (Craswell et al. 2008; Chapelle and Zhang 2009): exact, no sampling.
 */
export function examinationProbabilities(
  affinities: readonly number[],
  { persistence, satisfaction }: ClickModelOptions,
): readonly number[] {
  let probability = 1;
  return affinities.map((affinity) => {
    const here = probability;
    probability *= persistence * (1 - affinity * satisfaction);
    return here;
  });
}

/** Expected number of clicks on a slate whose items have these affinities, in slate order. */
export function expectedClicks(affinities: readonly number[], options: ClickModelOptions): number {
  return examinationProbabilities(affinities, options).reduce(
    (sum, examined, position) => sum + examined * affinities[position],
    0,
  );
}

/** Plays one slate; one reaction per affinity. */
export function react(
  affinities: readonly number[],
  options: ClickModelOptions,
  random: Random,
): readonly Reaction[] {
  let reading = true;
  return affinities.map((affinity) => {
    if (!reading) return UNSEEN;
    const clicked = random() < affinity;
    const purchased = clicked && random() < options.purchaseRate * affinity;
    const hidden = !clicked && random() < options.hideRate * (1 - affinity) ** 2;
    const satisfied = clicked && random() < options.satisfaction;
    reading = !satisfied && random() < options.persistence;
    return { examined: true, clicked, purchased, hidden };
  });
}
