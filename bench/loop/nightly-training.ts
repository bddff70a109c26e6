import { RETRAINING_STEPS, type RetrainingStep } from '@winnow/domain';
import type { GateVerdict } from '@winnow/reporting';
import {
  frameFromTensors,
  frameToTensors,
  RUN_FILES,
  runStep,
  type DatasetReport,
  type StepContext,
} from '@winnow/training';
import { stepContext, type TrainerPorts } from '../../apps/trainer/src/composition-root';
import { shuffledLabels } from '../../libs/testing/src/shuffled-labels';

/** One retraining, and what the gate said of it. */
export interface NightReport {
  readonly runId: string;
  readonly verdict: GateVerdict;
  readonly version: string;
}

/** Steps that learn; what they read may be spoilt without spoiling what they are measured by. */
const LEARNING_STEPS: readonly RetrainingStep[] = ['two-tower', 'index', 'heavy', 'light'];

/**
 * Runs the trainer's own steps, one after the other, as `winnow train` does: the same functions that the queue's jobs run.
 * BullMQ's clock cannot be made to run faster, so the simulated clock says when it is night, not the scheduler.
 */
export async function retrain(
  ports: TrainerPorts,
  { runId, shuffleSeed }: { readonly runId: string; readonly shuffleSeed?: number },
): Promise<NightReport> {
  const contextOf = (step: RetrainingStep): StepContext => ({
    ...stepContext(ports, { runId, step, signal: new AbortController().signal, progress: () => undefined }),
    // Nothing is tailed here: the arms learn of every event at once.
    cursors: async () => ({ events: '0-0', catalog: '0-0' }),
  });
  const { run } = contextOf('dataset');
  for (const step of RETRAINING_STEPS) {
    await runStep(step, contextOf(step));
    if (shuffleSeed === undefined) continue;
    if (step === 'dataset') await run.copyFrom(run.path(RUN_FILES.frame), TRUE_FRAME);
    if (step === 'dataset') await shuffleFrame(run, shuffleSeed);
    if (step === LEARNING_STEPS.at(-1)) await run.copyFrom(run.path(TRUE_FRAME), RUN_FILES.frame);
  }
  const verdict = await run.readJson<GateVerdict>(RUN_FILES.verdict);
  const { version } = await run.readJson<{ version: string }>(RUN_FILES.published);
  await run.clear();
  return { runId, verdict, version };
}

const TRUE_FRAME = 'dataset/true-frame.safetensors';

/** Deals out the items of the training part anew; what is held out stays true. */
async function shuffleFrame(run: StepContext['run'], seed: number): Promise<void> {
  const { holdoutIndex } = await run.readJson<DatasetReport>(RUN_FILES.dataset);
  const frame = frameFromTensors(await run.readTensors(RUN_FILES.frame));
  const events = shuffledLabels(frame.events, holdoutIndex, seed);
  await run.writeTensors(RUN_FILES.frame, frameToTensors({ ...frame, events }));
}
