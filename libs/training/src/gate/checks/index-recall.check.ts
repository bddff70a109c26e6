import { limitCheck, unlessOff } from '../gate-check';
import type { Check } from '../gate-check';

/** The approximate index finds what an exact one finds. */
export const indexRecallCheck: Check = ({ indexRecall }, { retraining, indexRecallMin }) => {
  const named = { topic: 'index', name: 'index recall@500' } as const;
  return [
    unlessOff(named, retraining.gate.indexRecallDropMax, (dropMax) =>
      limitCheck({
        ...named,
        ...{ measured: indexRecall, required: indexRecallMin - dropMax, bound: 'at-least' },
        refusal: `index recall ${indexRecall.toFixed(3)} is below ${indexRecallMin}`,
      }),
    ),
  ];
};
