import type { Command } from 'commander';
import { type CommandContext, settingsOf, whenAborted, wholeNumber } from '../context';
import { renderStatuses, startStack } from '../services/stack';
import { ORCHESTRATOR_COUNT_MAX, PORT_BASE_DEFAULT, PORT_OFFSET_MAX } from '../services/service-plan';

interface Options {
  readonly portBase: number;
  readonly orchestrators: number;
  readonly verbose?: boolean;
  readonly readyTimeout: number;
}

const PORT_MAX = 65_535;

export function register(program: Command, context: CommandContext): void {
  program
    .command('up')
    .description('start every service and keep them running; Ctrl-C stops them all')
    .option(
      '--port-base <port>',
      'first port; services follow at +10, +20 …',
      wholeNumber('--port-base', 1_024, PORT_MAX - PORT_OFFSET_MAX),
      PORT_BASE_DEFAULT,
    )
    .option(
      '--orchestrators <count>',
      'replicas of the orchestrator, at +0, +2 …: one may die and no request fails',
      wholeNumber('--orchestrators', 1, ORCHESTRATOR_COUNT_MAX),
      1,
    )
    .option('--verbose', 'show what the services log')
    .option(
      '--ready-timeout <seconds>',
      'how long to wait for all of them',
      wholeNumber('--ready-timeout', 1, 3_600),
      90,
    )
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const { terminal, signal } = context;
  const stack = await startStack(settingsOf(command, context), context, options);
  try {
    const aborted = whenAborted(signal);
    const failed = stack.failed.then((error) => Promise.reject(error));
    const ready = stack.ready(options.readyTimeout * 1_000);
    const statuses = await Promise.race([ready, failed, aborted]);
    if (statuses && !signal.aborted) {
      terminal.print(renderStatuses(statuses));
      terminal.note(stack.advice(statuses));
      await Promise.race([aborted, failed]);
    }
    terminal.note('stopping …');
  } finally {
    await stack.stop();
  }
  terminal.note('all stopped');
}
