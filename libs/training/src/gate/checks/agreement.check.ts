import { limitCheck, NOTHING_SERVES, percent, unlessOff, unmeasured } from '../gate-check';
import type { Check } from '../gate-check';

/** The light ranker must pass on what the heavy one would choose. */
export const agreementCheck: Check = ({ agreement: { candidate, serving } }, { retraining }) => {
  const { shareMin, dropMax } = retraining.gate.agreement;
  const topic = 'agreement' as const;
  const enough = { topic, name: 'light ranker keeps the heavy one’s best' };
  const asBefore = { topic, name: 'light ranker’s agreement against the serving release' };
  const nothing = 'no examples had enough candidates';
  return [
    unlessOff(enough, shareMin, (least) =>
      candidate === null
        ? unmeasured(enough, nothing)
        : limitCheck({
            ...enough,
            ...{ measured: candidate, required: least, bound: 'at-least' },
            refusal: `the light ranker keeps ${percent(candidate)} of the heavy one's best, less than ${percent(least)}`,
          }),
    ),
    unlessOff(asBefore, dropMax, (most) =>
      candidate === null || serving === null
        ? unmeasured(asBefore, candidate === null ? nothing : NOTHING_SERVES)
        : limitCheck({
            ...asBefore,
            ...{ measured: candidate, required: serving - most, bound: 'at-least' },
            refusal: `the light ranker keeps ${percent(candidate)} of the heavy one's best; that of the serving release ${percent(serving)}`,
          }),
    ),
  ];
};
