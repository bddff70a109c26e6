import type { GateCheck, GateHead } from '@winnow/reporting';
import { decisive, figure, limitCheck, NOTHING_SERVES, percent, unlessOff, unmeasured } from '../gate-check';
import type { Check, GateSettings } from '../gate-check';

/** Every head must go on telling what is taken from what is left, and how likely it is. */
export const predictionsCheck: Check = ({ heads }, settings) =>
  heads.flatMap((head) => [
    aucCheck(head, settings),
    logLossCheck(head, settings),
    calibrationCheck(head, settings),
  ]);

/** Of few positives, AUC and log loss say little. */
const tooFew = (positiveCount: number, { retraining }: GateSettings): string | null =>
  positiveCount < retraining.gate.heads.positiveCountMin ? `only ${positiveCount} positives` : null;

function aucCheck(
  { head, candidate, serving, difference, positiveCount }: GateHead,
  settings: GateSettings,
): GateCheck {
  const { heads, serving: rule } = settings.retraining.gate;
  const named = { topic: 'predictions', name: `AUC of ${head} against the serving release` } as const;
  return unlessOff(named, heads.aucDropMax, (dropMax) => {
    if (!difference || !serving) return unmeasured(named, NOTHING_SERVES);
    const few = tooFew(positiveCount, settings);
    if (few !== null) return unmeasured(named, few);
    if (difference.auc.count === 0)
      return unmeasured(named, 'nobody took some and left some of what was scored');
    return limitCheck({
      ...named,
      measured: decisive(difference.auc, rule.decideBy),
      interval: difference.auc,
      required: -dropMax,
      bound: 'at-least',
      refusal: `AUC of ${head} ${figure(candidate.auc)} is more than ${dropMax} below the serving release's ${figure(serving.auc)}`,
    });
  });
}

function logLossCheck(
  { head, candidate, serving, difference, positiveCount }: GateHead,
  settings: GateSettings,
): GateCheck {
  const { heads, serving: rule } = settings.retraining.gate;
  const named = { topic: 'predictions', name: `log loss of ${head} against the serving release` } as const;
  return unlessOff(named, heads.logLossRiseMax, (riseMax) => {
    if (!difference || !serving) return unmeasured(named, NOTHING_SERVES);
    const few = tooFew(positiveCount, settings);
    if (few !== null) return unmeasured(named, few);
    // Of a loss, the lenient end is the low one.
    const by = ({ low: 'high', mean: 'mean', high: 'low' } as const)[rule.decideBy];
    return limitCheck({
      ...named,
      measured: decisive(difference.logLoss, by),
      interval: difference.logLoss,
      required: riseMax * serving.logLoss,
      bound: 'at-most',
      refusal: `log loss of ${head} ${figure(candidate.logLoss)} is more than ${percent(riseMax)} above the serving release's ${figure(serving.logLoss)}`,
    });
  });
}

function calibrationCheck({ head, candidate, positiveCount }: GateHead, settings: GateSettings): GateCheck {
  const named = { topic: 'predictions', name: `calibration error of ${head}` } as const;
  return unlessOff(named, settings.retraining.gate.heads.calibrationErrorMax, (errorMax) => {
    if (positiveCount === 0) return unmeasured(named, 'nothing that was scored was taken');
    return limitCheck({
      ...named,
      ...{ measured: candidate.calibrationError, required: errorMax, bound: 'at-most' },
      refusal: `calibration error of ${head} ${figure(candidate.calibrationError)} is above ${errorMax}`,
    });
  });
}
