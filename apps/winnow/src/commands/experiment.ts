import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { HOLDOUT, type ExperimentDescription } from '@winnow/domain';
import { renderExperimentReport } from '@winnow/reporting';
import { usageError } from '../command-error';
import { type Workspace, withWorkspace } from '../composition-root';
import { type CommandContext, openShare, requireDescription, settingsOf, wholeNumber } from '../context';
import { readExperimentReport } from '../experiments/read-experiment-report';
import { readHoldoutReport } from '../experiments/read-holdout-report';
import { renderReport } from '../experiments/render-report';
import { pagePath } from '../output/page-file';
import { renderTable } from '../output/table';
import { printJson } from '../output/terminal';

interface ReportOptions {
  readonly covariateDays: number;
  readonly alpha: number;
  readonly days: number;
  readonly html?: string;
  readonly json?: boolean;
}

const COVARIATE_DAYS = 14;
const HOLDOUT_DAYS = 28;

const AFTER_HELP = `
Users count from their first exposure on: the first slate of a surface that one of the experiment's arms changes.
"one look" holds if you decided beforehand to look now; "any look" holds however often you look. docs/experiments.md explains both.

  winnow experiment report holdout   everybody who is in no experiment, against everybody else`;

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('experiment')
    .description('experiments of winnow.yaml and what they have done');
  group
    .command('list', { isDefault: true })
    .description('the experiments that winnow.yaml describes')
    .option('--json', 'print as JSON')
    .action(async (options: { readonly json?: boolean }, command: Command) => {
      const { description } = await requireDescription(settingsOf(command, context), context);
      list(description.experiments?.experiments ?? [], options, context);
    });
  group
    .command('report <name>')
    .description('is the split sound, and what did each arm do to each metric?')
    .option(
      '--covariate-days <n>',
      "days before each user's exposure that reduce variance (CUPED); 0: none",
      wholeNumber('--covariate-days', 0, 365),
      COVARIATE_DAYS,
    )
    .option('--alpha <share>', 'intervals of 1 − alpha', openShare('--alpha', 0.05), 0.05)
    .option(
      '--days <n>',
      'of the holdout: users active in so many days',
      wholeNumber('--days', 1, 3_650),
      HOLDOUT_DAYS,
    )
    .option('--html <file>', 'write it as a page, too')
    .option('--json', 'print it as JSON')
    .addHelpText('after', AFTER_HELP)
    .action((name: string, options: ReportOptions, command: Command) =>
      report(name, options, command, context),
    );
}

function list(
  experiments: readonly ExperimentDescription[],
  { json }: { readonly json?: boolean },
  { terminal }: CommandContext,
): void {
  if (json) return printJson(terminal, experiments);
  if (experiments.length === 0) return terminal.note('winnow.yaml describes no experiments');
  terminal.print(
    renderTable<ExperimentDescription>(
      [
        { title: 'layer', cell: ({ layer }) => layer },
        { title: 'experiment', cell: ({ name }) => name },
        { title: 'traffic', cell: ({ traffic: [from, to] }) => `${from} to ${to}` },
        { title: 'arms', cell: ({ arms }) => arms.map((arm) => `${arm.name} ${arm.weight}`).join(', ') },
      ],
      experiments,
    ),
  );
}

async function report(
  name: string,
  options: ReportOptions,
  command: Command,
  context: CommandContext,
): Promise<void> {
  const pageFile = options.html === undefined ? null : pagePath(options.html, context.workingFolder);
  const settings = settingsOf(command, context);
  await withWorkspace({ settings, context, reason: 'who was exposed' }, async (workspace) => {
    const { experiments } = workspace.description;
    const result =
      name === HOLDOUT && experiments
        ? await readHoldoutReport({ ...workspace, experiments, ...options, nowMs: context.clock.nowMs() })
        : await readExperimentReport({
            ...workspace,
            experiment: experimentNamed(name, workspace),
            ...options,
          });
    if (pageFile !== null) await writeFile(pageFile, renderExperimentReport(result));
    if (options.json) printJson(context.terminal, result);
    else context.terminal.print(renderReport(result));
  });
}

function experimentNamed(name: string, { description }: Workspace): ExperimentDescription {
  const experiments = description.experiments?.experiments ?? [];
  const found = experiments.find((one) => one.name === name);
  if (found) return found;
  const names = experiments.map((one) => one.name);
  throw usageError(
    `there is no experiment ${name}`,
    names.length > 0
      ? `name one of ${names.join(', ')}`
      : 'describe one in winnow.yaml: docs/experiments.md shows how',
  );
}
