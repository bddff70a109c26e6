import type { Command } from 'commander';
import { CommandError, EXIT, usageError } from '../command-error';
import { type CommandContext, settingsOf, wholeNumber } from '../context';
import { runTrainer } from '../services/run-trainer';

interface Options {
  readonly user: string;
  readonly item: string;
  readonly at?: string;
  readonly surface: string;
  readonly k: number;
  readonly release?: string;
  readonly json?: boolean;
}

export function register(program: Command, context: CommandContext): void {
  program
    .command('why')
    .description(
      'why is an item shown to a user, or not? the verdict of every stage, now or at a moment past',
    )
    .requiredOption('-u, --user <id>', 'for whom; an unknown user has no history')
    .requiredOption('-i, --item <id>', 'which item')
    .option('--at <time>', 'as of then: 2026-01-31T20:00:00Z (default: now)')
    .option('--surface <name>', 'of winnow.yaml', 'home')
    .option('-k, --k <n>', 'how many items are shown', wholeNumber('--k', 1, 500), 20)
    .option('--release <version>', 'instead of the one that serves')
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      '\nHistories and counters are those of the event log before the moment; the catalogue is that of today.\nWhat a score is made from: winnow explain.',
    )
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const { user, item, at, surface, k, release, json } = options;
  if (at !== undefined && Number.isNaN(Date.parse(at)))
    throw usageError(`--at: ${at} is no time`, 'write it like 2026-01-31T20:00:00Z');
  const args = [
    ...['why', '--user', user, '--item', item, '--surface', surface, '--k', String(k)],
    ...(at === undefined ? [] : ['--at', at]),
    ...(release === undefined ? [] : ['--release', release]),
    ...(json ? ['--json'] : []),
  ];
  const code = await runTrainer(args, settingsOf(command, context), context);
  if (code === EXIT.usage) throw usageError('there is no answer', 'see what it said above');
  if (code !== 0) throw new CommandError('there is no answer', 'see what it said above');
}
