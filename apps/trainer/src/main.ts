import { runConsistency } from './consistency';
import { runDrift } from './drift';
import { runEvaluation } from './evaluation';
import { runFunnelLoss } from './funnel-loss';
import { runTrainingOnce } from './training-once';
import { runTrials } from './trials';
import { runWhy } from './why';
import { runWorker } from './worker';

/** `trainer` works through the queue, `trainer trials` for one `winnow tune`; the others do one thing and end. */
const MODES: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  work: runWorker,
  train: runTrainingOnce,
  evaluate: runEvaluation,
  trials: runTrials,
  drift: runDrift,
  'funnel-loss': runFunnelLoss,
  why: runWhy,
  consistency: runConsistency,
};

const [mode = 'work', ...args] = process.argv.slice(2);
const run = MODES[mode];
if (!run) {
  process.stderr.write(`trainer: ${mode} is not one of ${Object.keys(MODES).join(', ')}\n`);
  process.exit(2);
}
await run(args);
