import { runEvaluation } from './evaluation';
import { runTrainingOnce } from './training-once';
import { runWorker } from './worker';

/** `trainer` works through the queue; `trainer train` and `trainer evaluate` do one thing and end. */
const MODES: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  work: runWorker,
  train: runTrainingOnce,
  evaluate: runEvaluation,
};

const [mode = 'work', ...args] = process.argv.slice(2);
const run = MODES[mode];
if (!run) {
  process.stderr.write(`trainer: ${mode} is not one of ${Object.keys(MODES).join(', ')}\n`);
  process.exit(2);
}
await run(args);
