import { decisive, figure, limitCheck, NOTHING_SERVES, percent, unlessOff, unmeasured } from '../gate-check';
import type { Check } from '../gate-check';

/** A better mean must not be paid for by a few: no slice may lose much. */
export const slicesCheck: Check = ({ slices, recommenders }, { retraining }) => {
  const { slices: rule, serving } = retraining.gate;
  const all = { topic: 'slices', name: 'NDCG@20 of every slice against the serving release' } as const;
  const compared = slices.filter(({ userCount }) => userCount >= rule.userCountMin);
  if (rule.ndcgDropMax === 'off') return [unlessOff(all, 'off', () => unmeasured(all, ''))];
  if (recommenders.serving === null) return [unmeasured(all, NOTHING_SERVES)];
  if (compared.length === 0) return [unmeasured(all, `no slice has ${rule.userCountMin} users`)];
  const dropMax = rule.ndcgDropMax;
  return compared.map(({ by, name, candidateNdcg, servingNdcg, difference }) => {
    const named = { topic: 'slices', name: `NDCG@20, ${by}: ${name}` } as const;
    if (difference === null || servingNdcg === null) return unmeasured(named, NOTHING_SERVES);
    return limitCheck({
      ...named,
      measured: decisive(difference, serving.decideBy),
      interval: difference,
      required: -dropMax * servingNdcg,
      bound: 'at-least',
      refusal: `NDCG@20 of ${by}: ${name} ${figure(candidateNdcg)} is more than ${percent(dropMax)} below the serving release's ${figure(servingNdcg)}`,
    });
  });
};
