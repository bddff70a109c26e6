import type { Command } from 'commander';
import { CommandError } from '../command-error';
import { type CommandContext, settingsOf, wholeNumber } from '../context';
import { runTrainer } from '../services/run-trainer';

interface Options {
  readonly release?: string;
  readonly k: number;
  readonly users: number;
  readonly json?: boolean;
}

const AFTER_HELP = `
Asks the release for every user of the newest 5 % of the events, as of the moment before them, and follows what they then
turned to through the funnel of winnow.yaml: not retrieved, filtered, cut before the heavy ranker, ranked low, pushed back,
shown. Change quotas or re-rankers in winnow.yaml and run it again: no training is needed.`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('funnel-loss')
    .description('where does the funnel lose what users turn to next? by stage, with shares and examples')
    .option('--release <version>', 'instead of the one that serves')
    .option('-k, --k <n>', 'how many items count as shown', wholeNumber('--k', 1, 500), 20)
    .option('--users <n>', 'at most so many users', wholeNumber('--users', 1, 1_000_000), 500)
    .option('--json', 'print the report as JSON')
    .addHelpText('after', AFTER_HELP)
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const { release, k, users, json } = options;
  const args = [
    ...['funnel-loss', '--k', String(k), '--users', String(users)],
    ...(release === undefined ? [] : ['--release', release]),
    ...(json ? ['--json'] : []),
  ];
  const code = await runTrainer(args, settingsOf(command, context), context);
  if (code !== 0) throw new CommandError('there is no report', 'see what it said above');
}
