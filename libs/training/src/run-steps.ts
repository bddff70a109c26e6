import { createHash } from 'node:crypto';
import { RETRAINING_STEPS } from '@winnow/domain';
import type { Description, RetrainingStep } from '@winnow/domain';
import { datasetStep } from './steps/dataset.step';
import { evaluateStep } from './steps/evaluate.step';
import { gateStep } from './steps/gate.step';
import { heavyStep } from './steps/heavy.step';
import { indexStep } from './steps/index.step';
import { lightStep } from './steps/light.step';
import { publishStep } from './steps/publish.step';
import { twoTowerStep } from './steps/two-tower.step';
import type { Step, StepContext } from './steps/step-context';

const STEPS: Readonly<Record<RetrainingStep, Step>> = {
  dataset: datasetStep,
  'two-tower': twoTowerStep,
  index: indexStep,
  heavy: heavyStep,
  light: lightStep,
  evaluate: evaluateStep,
  gate: gateStep,
  publish: publishStep,
};

const doneFile = (step: RetrainingStep): string => `done/${step}.json`;

/**
 * Runs one step of a run, or returns the summary of the time it was run before: a step that finished is never done
 * twice, and one that was cut off starts again from the files of the steps before it.
 */
export async function runStep(name: RetrainingStep, context: StepContext): Promise<string> {
  const { run } = context;
  if (await run.has(doneFile(name))) return (await run.readJson<{ summary: string }>(doneFile(name))).summary;
  const startedAtMs = context.clock.monotonicMs();
  const summary = await STEPS[name].run(context);
  const durationMs = Math.round(context.clock.monotonicMs() - startedAtMs);
  await run.writeJson(doneFile(name), { summary, durationMs });
  return summary;
}

/** The steps in order, each with its summary as it ends. */
export async function runAllSteps(
  contextFor: (step: RetrainingStep) => StepContext,
  onDone: (step: RetrainingStep, summary: string) => void,
): Promise<void> {
  for (const step of RETRAINING_STEPS) onDone(step, await runStep(step, contextFor(step)));
}

/** The same data, description, code and seed are the same run, whoever asks for it and however often. */
export function runIdOf(identity: {
  readonly description: Description;
  /** Changes whenever the log does. */
  readonly dataVersion: string;
  readonly codeVersion: string;
}): string {
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  return `run-${hash.slice(0, 16)}`;
}
