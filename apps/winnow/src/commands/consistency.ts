import type { Command } from 'commander';
import { CommandError } from '../command-error';
import { type CommandContext, openShare, requireDescription, settingsOf, wholeNumber } from '../context';
import { spawnTrainer } from '../services/run-trainer';

interface Options {
  readonly sample: number;
  readonly min: number;
  readonly json?: boolean;
}

const AFTER_HELP = `
Takes slates that were logged with their trace (slateLog.traceShare in winnow.yaml) and computes the heavy ranker's features
again, from the event log alone: counters, history and catalogue as of the positions in the streams that the trace names.
Exit code 1 when a feature agrees less often than --min; the table has the first value of each that differs.`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('consistency')
    .description(
      'are features in serving what the event log says? agreement per feature, on a sample of slates',
    )
    .option('--sample <n>', 'at most so many slates', wholeNumber('--sample', 1, 1_000_000), 500)
    .option(
      '--min <share>',
      'of the values of each feature that must agree',
      openShare('--min', 0.999),
      0.999,
    )
    .option('--json', 'print the report as JSON')
    .addHelpText('after', AFTER_HELP)
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const { sample, min, json } = options;
  const settings = settingsOf(command, context);
  const { path } = await requireDescription(settings, context);
  const args = ['consistency', '--sample', String(sample), '--min', String(min), ...(json ? ['--json'] : [])];
  const environment = { ...context.environment, WINNOW_HOME: settings.home, WINNOW_CONFIG: path };
  const code = await spawnTrainer(args, environment, context);
  if (code !== 0)
    throw new CommandError(
      'features in serving were not found to be what the event log says',
      'see what it said above',
    );
}
