import { decisive, figure, limitCheck, percent, unlessOff, unmeasured } from '../gate-check';
import type { Check } from '../gate-check';

/** A release that knows people must beat lists that know nobody. */
export const baselinesCheck: Check = ({ differences, recommenders }, { retraining }) =>
  (['popular', 'trending'] as const).map((against) => {
    const { ndcgLeadMin, decideBy } = retraining.gate[against];
    const named = { topic: 'baselines', name: `NDCG@20 over the ${against} list` } as const;
    return unlessOff(named, ndcgLeadMin, (leadMin) => {
      const difference = differences.find((one) => one.against === against)?.ndcg;
      if (!difference) return unmeasured(named, `there is no ${against} list`);
      const theirs = recommenders[against].ndcg.mean;
      const own = figure(recommenders.candidate.ndcg.mean);
      const wanted = leadMin === 0 ? '' : ` by ${percent(leadMin)}`;
      return limitCheck({
        ...named,
        measured: decisive(difference, decideBy),
        interval: difference,
        required: leadMin * theirs,
        bound: leadMin === 0 ? 'above' : 'at-least',
        refusal:
          leadMin < 0
            ? `NDCG@20 ${own} is surely more than ${percent(-leadMin)} below the ${against} list's ${figure(theirs)}`
            : `NDCG@20 ${own} does not beat the ${against} list's ${figure(theirs)}${wanted}`,
      });
    });
  });
