import type { Command } from 'commander';
import { BENCHMARK_NAMES, DATASET_NAMES, isBenchmarkName, isDatasetName } from '@winnow/datasets';
import { PROTOCOL_NAMES } from '@winnow/evaluation';
import { CommandError, EXIT, usageError } from '../command-error';
import { examplePath } from '../config.schema';
import { type CommandContext, openShare, settingsOf, wholeNumber } from '../context';
import { POLICY_FORMS } from '../off-policy/parse-policy';
import { type OffPolicyCommandOptions, runOffPolicy } from '../off-policy/run-off-policy';
import { pagePath } from '../output/page-file';
import { spawnTrainer } from '../services/run-trainer';

interface Options extends OffPolicyCommandOptions {
  readonly data?: string;
  readonly offPolicy?: boolean;
  readonly protocol?: string;
  readonly model?: readonly string[];
  readonly seed?: number;
  readonly seeds?: number;
  readonly slice?: readonly string[];
  readonly html?: string;
  readonly hideItems?: number;
  readonly json?: boolean;
}

const SEED_MAX = 4_294_967_295;
const SEED_COUNT_MAX = 100;

const AFTER_HELP = `
Without --protocol, --model, --seeds, --slice or --html: the funnel stage by stage, split by time; the first 90 % of the events
train, the rest is asked for. Uses examples/<name>.yaml unless --config names another.

With --hide-items: how well the funnel finds items by content alone, and what three clicks are worth beside a full history.

With one of the others: models side by side, settings chosen on a validation part.
  gt       global time: everybody's future after one moment (data with times)
  loo      last item out, all items ranked (data in order)
  gowalla  LightGCN's split (--data gowalla)
  folds    ratings over five folds, and a random quarter of everybody's (--data movielens-100k)
Without --model: every model without a network. docs/evaluation.md explains protocols, models and figures.

  winnow evaluate --data movietweetings --protocol gt
  winnow evaluate --data online-retail --hide-items 0.1
  winnow evaluate --data ml-1m-sequences --protocol loo --model transitions transformer --seeds 3
  winnow evaluate --data online-retail --model popular blend funnel --slice country --json

With --off-policy: what another policy would have had on the positions that the running stack left to chance, from the
slates it served and the events that came of them (docs/experiments.md). Policies: ${POLICY_FORMS}.

  winnow evaluate --off-policy --surface home --event click --policy greedy epsilon-greedy:0.3`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('evaluate')
    .description(
      'what is each stage, or each model, worth? trains on the past of a data set, reports on its future',
    )
    .option('--data <name>', `one of ${[...DATASET_NAMES, ...BENCHMARK_NAMES].join(', ')}`)
    .option(
      '--protocol <name>',
      `one of ${PROTOCOL_NAMES.join(', ')} (default: the one the data is made for)`,
    )
    .option('--model <names...>', 'models to put side by side')
    .option('--seed <number>', "instead of the description's, or 1", wholeNumber('--seed', 0, SEED_MAX))
    .option('--seeds <count>', 'seeds per model (default 1)', wholeNumber('--seeds', 1, SEED_COUNT_MAX))
    .option('--slice <attributes...>', 'categories of users or items to tell apart')
    .option('--html <file>', 'write models side by side as a page, too: intervals, curves, slices, costs')
    .option(
      '--hide-items <share>',
      'new items and new users: hide this share of the items from training',
      openShare('--hide-items', 0.1),
    )
    .option('--off-policy', 'estimate policies from served slates instead')
    .option('--policy <names...>', 'with --off-policy: the policies to estimate (default: greedy uniform)')
    .option('--surface <name>', 'with --off-policy: the surface (default: home)')
    .option(
      '--event <name>',
      'with --off-policy: what counts as a reward (default: the first positive event)',
    )
    .option('--json', 'print the report as JSON')
    .addHelpText('after', AFTER_HELP)
    .action((options: Options, command: Command) => {
      checkTogether(options);
      return options.offPolicy
        ? runOffPolicy(options, command, context)
        : run(withData(options), command, context);
    });
}

/** Options of one question that the other does not ask. */
const OFF_POLICY_ONLY = ['policy', 'surface', 'event'] as const;
const DATA_ONLY = ['data', 'protocol', 'model', 'seed', 'seeds', 'slice', 'html', 'hideItems'] as const;

/** What would be ignored in silence is refused. */
function checkTogether(options: Options): void {
  const stray = (options.offPolicy ? DATA_ONLY : OFF_POLICY_ONLY).find((name) => options[name] !== undefined);
  if (stray === undefined) return;
  const option = stray === 'hideItems' ? '--hide-items' : `--${stray}`;
  throw options.offPolicy
    ? usageError(`${option} has no effect with --off-policy`, 'leave out one of them')
    : usageError(`${option} has no effect without --off-policy`, 'leave it out, or add --off-policy');
}

type DataOptions = Options & { readonly data: string };

function withData(options: Options): DataOptions {
  const { data } = options;
  if (data !== undefined) return { ...options, data };
  throw usageError('--data is missing', 'name a data set, or use --off-policy: winnow evaluate --help');
}

async function run(options: DataOptions, command: Command, context: CommandContext): Promise<void> {
  const settings = settingsOf(command, context);
  checkNames(options);
  const environment = {
    ...context.environment,
    WINNOW_HOME: settings.home,
    WINNOW_CONFIG: settings.configPath ?? examplePath(exampleOf(options.data)),
  };
  const code = await spawnTrainer(['evaluate', ...trainerArguments(options, context)], environment, context);
  if (code === EXIT.usage)
    throw usageError('there is nothing to evaluate', 'see what it said above, and winnow evaluate --help');
  if (code !== 0) throw new CommandError('the evaluation did not end', 'see what it said above');
}

function checkNames({ data, protocol, hideItems, model, seeds, slice, html }: DataOptions): void {
  if (!isDatasetName(data) && !isBenchmarkName(data))
    throw usageError(
      `--data: there is no data set ${data}`,
      `use one of ${[...DATASET_NAMES, ...BENCHMARK_NAMES].join(', ')}`,
    );
  const comparing = [protocol, model, seeds, slice, html].some((option) => option !== undefined);
  if (hideItems !== undefined && (comparing || isBenchmarkName(data)))
    throw usageError(
      '--hide-items asks the whole funnel, and compares nothing',
      'leave out --protocol, --model, --seeds, --slice and --html, and take data with times',
    );
  if (protocol !== undefined && !(PROTOCOL_NAMES as readonly string[]).includes(protocol))
    throw usageError(
      `--protocol: there is no protocol ${protocol}`,
      `use one of ${PROTOCOL_NAMES.join(', ')}`,
    );
}

function trainerArguments(options: DataOptions, { workingFolder }: CommandContext): string[] {
  const { data, protocol, model = [], seed, seeds, slice = [], html, hideItems, json } = options;
  // A benchmark has no stages to tell apart, so it is always a comparison.
  const comparing = isBenchmarkName(data) && seeds === undefined ? ['--seeds', '1'] : [];
  return [
    ...['--data', data],
    ...(protocol === undefined ? [] : ['--protocol', protocol]),
    ...model.flatMap((name) => ['--model', name]),
    ...(seed === undefined ? [] : ['--seed', String(seed)]),
    ...(seeds === undefined ? comparing : ['--seeds', String(seeds)]),
    ...slice.flatMap((name) => ['--slice', name]),
    ...(html === undefined ? [] : ['--html', pagePath(html, workingFolder)]),
    ...(hideItems === undefined ? [] : ['--hide-items', String(hideItems)]),
    ...(json ? ['--json'] : []),
  ];
}

/** The newest MovieLens has the same columns as the one of a million ratings. */
const exampleOf = (data: string): string => (data === 'movielens-latest' ? 'movielens-1m' : data);
