import type { Command } from 'commander';
import { DATASET_NAMES } from '@winnow/datasets';
import { CommandError, usageError } from '../command-error';
import { examplePath } from '../config.schema';
import { type CommandContext, settingsOf, wholeNumber } from '../context';
import { spawnTrainer } from '../services/run-trainer';

interface Options {
  readonly data: string;
  readonly seed?: number;
  readonly json?: boolean;
}

const SEED_MAX = 4_294_967_295;

export function register(program: Command, context: CommandContext): void {
  program
    .command('evaluate')
    .description('what is each stage worth? trains on the past of a data set and reports on its future')
    .requiredOption('--data <name>', `one of ${DATASET_NAMES.join(', ')}`)
    .option('--seed <number>', "instead of the description's", wholeNumber('--seed', 0, SEED_MAX))
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nSplit by time: the first 90 % of the events train, the rest is asked for. Uses examples/<name>.yaml unless --config names another.',
    )
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const settings = settingsOf(command, context);
  if (!(DATASET_NAMES as readonly string[]).includes(options.data))
    throw usageError(
      `--data: there is no data set ${options.data}`,
      `use one of ${DATASET_NAMES.join(', ')}`,
    );
  const args = ['evaluate', '--data', options.data];
  if (options.seed !== undefined) args.push('--seed', String(options.seed));
  if (options.json) args.push('--json');
  const environment = {
    ...context.environment,
    WINNOW_HOME: settings.home,
    WINNOW_CONFIG: settings.configPath ?? examplePath(exampleOf(options.data)),
  };
  const code = await spawnTrainer(args, environment, context);
  if (code !== 0) throw new CommandError('the evaluation did not end', 'see what it said above');
}

/** The newest MovieLens has the same columns as the one of a million ratings. */
const exampleOf = (data: string): string => (data === 'movielens-latest' ? 'movielens-1m' : data);
