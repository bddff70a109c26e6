import type { GateRecommender } from '@winnow/reporting';
import { figure, limitCheck, NOTHING_SERVES, percent, unlessOff, unmeasured } from '../gate-check';
import type { Check } from '../gate-check';

const HALF = 0.5;

/** How many items make half of all recommendations. */
const itemsOfHalf = ({ exposureSteps }: GateRecommender): number =>
  exposureSteps.find(({ exposureShare }) => exposureShare === HALF)?.itemCount ?? NaN;

/** Recommendations must not shrink onto a few items. */
export const catalogueCheck: Check = ({ recommenders: { candidate, serving } }, { retraining }) => {
  const { coverageDropMax, giniRiseMax, popularityCurveDropMax } = retraining.gate.catalogue;
  const topic = 'catalogue' as const;
  const names = {
    coverage: { topic, name: 'coverage against the serving release' },
    gini: { topic, name: 'Gini coefficient against the serving release' },
    curve: { topic, name: 'items that make half of recommendations, against the serving release' },
  };
  return [
    unlessOff(names.coverage, coverageDropMax, (dropMax) =>
      serving
        ? limitCheck({
            ...names.coverage,
            ...{
              measured: candidate.coverage,
              required: (1 - dropMax) * serving.coverage,
              bound: 'at-least',
            },
            refusal: `coverage ${percent(candidate.coverage)} is more than ${percent(dropMax)} below the serving release's ${percent(serving.coverage)}`,
          })
        : unmeasured(names.coverage, NOTHING_SERVES),
    ),
    unlessOff(names.gini, giniRiseMax, (riseMax) =>
      serving
        ? limitCheck({
            ...names.gini,
            ...{ measured: candidate.gini, required: serving.gini + riseMax, bound: 'at-most' },
            refusal: `Gini coefficient ${figure(candidate.gini)} is more than ${riseMax} above the serving release's ${figure(serving.gini)}`,
          })
        : unmeasured(names.gini, NOTHING_SERVES),
    ),
    unlessOff(names.curve, popularityCurveDropMax, (dropMax) =>
      serving
        ? limitCheck({
            ...names.curve,
            measured: itemsOfHalf(candidate),
            required: (1 - dropMax) * itemsOfHalf(serving),
            bound: 'at-least',
            refusal: `${itemsOfHalf(candidate)} items make half of all recommendations, more than ${percent(dropMax)} fewer than the serving release's ${itemsOfHalf(serving)}`,
          })
        : unmeasured(names.curve, NOTHING_SERVES),
    ),
  ];
};
