import { runEvaluation } from './evaluation';
import { runTrainingOnce } from './training-once';
import { runTrials } from './trials';
import { runWorker } from './worker';

/**
 * `trainer` works through the queue; `trainer train` and `trainer evaluate` do one thing and end;
 * `trainer trials` works for one `winnow tune`.
 */
const MODES: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  work: runWorker,
  train: runTrainingOnce,
  evaluate: runEvaluation,
  trials: runTrials,
};

const [mode = 'work', ...args] = process.argv.slice(2);
const run = MODES[mode];
if (!run) {
  process.stderr.write(`trainer: ${mode} is not one of ${Object.keys(MODES).join(', ')}\n`);
  process.exit(2);
}
await run(args);
