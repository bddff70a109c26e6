import type { GateEvidence } from '@winnow/reporting';
import { gate } from '../gate/gate';
import { RUN_FILES } from './step-context';
import type { Step } from './step-context';

/** Holds what the evaluate step found against the limits of winnow.yaml, and writes down the verdict and why. */
export const gateStep: Step = {
  name: 'gate',
  async run({ description, run }) {
    const evidence = await run.readJson<GateEvidence>(RUN_FILES.gateEvidence);
    const verdict = gate(evidence, {
      retraining: description.retraining,
      indexRecallMin: description.training.index.recallMin,
    });
    await run.writeJson(RUN_FILES.verdict, verdict);
    return verdict.promoted ? `passed: ${verdict.reason}` : `refused: ${verdict.reason}`;
  },
};
