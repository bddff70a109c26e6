import type { Command } from 'commander';
import { reasonOf, RETRAINING_STEPS } from '@winnow/domain';
import type { BullRetrainingQueue } from '@winnow/job-queue';
import { CommandError, EXIT } from '../command-error';
import { startRedis } from '../composition-root';
import { type CommandContext, requireDescription, settingsOf } from '../context';
import { ProgressBar } from '../output/progress';
import { printJson } from '../output/terminal';

interface Options {
  readonly wait: boolean;
  readonly json?: boolean;
}

/** How long a trainer may take to answer that it has begun. */
const BEGIN_TIMEOUT_MS = 15_000;

export function register(program: Command, context: CommandContext): void {
  program
    .command('retrain')
    .description('run the nightly retraining now, through the queue, and watch it')
    .option('--no-wait', 'return as soon as a trainer has begun')
    .option('--json', 'print the outcome as JSON')
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const { terminal, signal } = context;
  const settings = settingsOf(command, context);
  const { description } = await requireDescription(settings, context);
  const redis = await startRedis(settings, context, 'the retraining queue');
  // Only this command needs BullMQ.
  const { BullRetrainingQueue: Queue } = await import('@winnow/job-queue');
  const queue = new Queue({ url: redis.url, namespace: description.namespace });
  const bar = new ProgressBar(terminal, context.clock);
  try {
    const runId = await begin(queue);
    terminal.note(`run ${runId} has begun`);
    if (!options.wait) return options.json ? printJson(terminal, { runId, state: 'begun' }) : undefined;
    const outcome = await queue.watch(
      runId,
      ({ step, fraction, note }) =>
        bar.report({
          label: `${RETRAINING_STEPS.indexOf(step) + 1}/${RETRAINING_STEPS.length} ${step}: ${note}`,
          done: Math.round(100 * fraction),
          total: 100,
        }),
      signal,
    );
    bar.end();
    if (options.json) printJson(terminal, outcome);
    else terminal.print(outcome.summary);
    if (outcome.state === 'failed')
      throw new CommandError(
        `run ${runId} failed: ${outcome.summary}`,
        "look at the trainer's log, then retrain again",
      );
  } finally {
    bar.end();
    await queue.close();
    await redis.stop();
  }
}

async function begin(queue: BullRetrainingQueue): Promise<string> {
  try {
    return await queue.requestRun(BEGIN_TIMEOUT_MS);
  } catch (thrown) {
    throw new CommandError(
      `no trainer took the request within ${BEGIN_TIMEOUT_MS / 1000} s (${reasonOf(thrown)})`,
      'start the stack with: npx winnow up; or train without it: npx winnow train',
      EXIT.unavailable,
    );
  }
}
