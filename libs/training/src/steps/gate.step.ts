import type { ReleaseManifest } from '@winnow/domain';
import { gate } from '../gate';
import type { GateMetrics } from '../gate';
import { RUN_FILES } from './step-context';
import type { Step } from './step-context';

/** What the evaluate step measured on the held-out slice. */
export interface EvaluationReport {
  readonly userCount: number;
  readonly candidate: GateMetrics;
  readonly popular: GateMetrics;
  readonly serving: GateMetrics | null;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Compares the candidate with the popular list and the serving release, and writes down who wins and why. */
export const gateStep: Step = {
  name: 'gate',
  async run({ description, run }) {
    const evaluation = await run.readJson<EvaluationReport>(RUN_FILES.evaluation);
    const index = await run.readJson<ReleaseManifest['index']>(RUN_FILES.indexReport);
    const verdict = gate({
      retraining: description.retraining,
      userCount: evaluation.userCount,
      candidate: evaluation.candidate,
      popular: evaluation.popular,
      serving: evaluation.serving,
      indexRecall: index.recallAt500,
      indexRecallMin: description.training.index.recallMin,
    });
    await run.writeJson(RUN_FILES.verdict, verdict);
    return verdict.promoted ? `passed: ${verdict.reason}` : `refused: ${verdict.reason}`;
  },
};
