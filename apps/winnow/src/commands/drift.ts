import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandError } from '../command-error';
import { type CommandContext, settingsOf, wholeNumber } from '../context';
import { runTrainer } from '../services/run-trainer';

interface Options {
  readonly release?: string;
  readonly days: number;
  readonly html?: string;
  readonly failAbove?: number;
  readonly json?: boolean;
}

const AFTER_HELP = `
Compares each of the newest UTC days with what the release was trained on: event types, categories, how active people are, how
popular and new what they turn to is; and the features, predictions and scores of the heavy ranker, for up to 100 people a day.
PSI below 0.1: nothing much; from 0.25 on: a lot. Only what is beyond chance for samples of that size is marked.`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('drift')
    .description('has what comes in moved from what the release was trained on? by feature and day')
    .option('--release <version>', 'instead of the one that serves')
    .option('--days <n>', 'how many of the newest days', wholeNumber('--days', 1, 366), 7)
    .option('--html <file>', 'write a report with plots, too')
    .option('--fail-above <psi>', 'end with 1 when a feature that has moved is above this', psiLimit)
    .option('--json', 'print the report as JSON')
    .addHelpText('after', AFTER_HELP)
    .action((options: Options, command: Command) => run(options, command, context));
}

function psiLimit(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('must be a number of at least 0.');
  return value;
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const { release, days, html, failAbove, json } = options;
  const args = [
    ...['drift', '--days', String(days)],
    ...(release === undefined ? [] : ['--release', release]),
    ...(html === undefined ? [] : ['--html', resolve(context.workingFolder, html)]),
    ...(failAbove === undefined ? [] : ['--fail-above', String(failAbove)]),
    ...(json ? ['--json'] : []),
  ];
  const code = await runTrainer(args, settingsOf(command, context), context);
  if (code !== 0)
    throw new CommandError('there is no report, or something has moved', 'see what it said above');
}
