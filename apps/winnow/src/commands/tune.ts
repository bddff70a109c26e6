import { renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { DATASET_NAMES, isDatasetName } from '@winnow/datasets';
import { changeSettings, describeTrial, homeFolders, loadTuning } from '@winnow/platform';
import type { TuningSetup } from '@winnow/platform';
import { renderStudy } from '@winnow/reporting';
import { EvaluationFailed, outcomeOf, SAMPLER_NAMES, StudyPlan, TUNING_STAGES } from '@winnow/tuning';
import type { EvaluationRecord, SamplerName, TuningStage } from '@winnow/tuning';
import { CommandError, usageError } from '../command-error';
import { startRedis } from '../composition-root';
import { examplePath, type Settings } from '../config.schema';
import { type CommandContext, requireDescription, settingsOf, wholeNumber } from '../context';
import { pagePath } from '../output/page-file';
import { durationText } from '../output/quantities';
import { printJson } from '../output/terminal';
import { lineDiff } from '../tuning/line-diff';
import { openStudy } from '../tuning/open-study';
import type { OpenStudy } from '../tuning/open-study';
import { runStudy } from '../tuning/run-study';
import type { StudyEnd } from '../tuning/run-study';
import { lockStudy, StudyLog } from '../tuning/study-folder';
import { StudyProgressLine } from '../tuning/study-progress';
import { leaderboardText, outcomeText } from '../tuning/study-report';
import type { StudyReport } from '../tuning/study-report';
import { startTrialProcesses } from '../tuning/trial-processes';

interface Options {
  readonly data?: string;
  readonly stage: string;
  readonly trials: number;
  readonly minutes?: number;
  readonly seed: number;
  readonly parallel: number;
  readonly sampler?: string;
  readonly confirm: number;
  readonly study?: string;
  readonly html?: string;
  readonly write?: boolean;
  readonly json?: boolean;
}

const TRIALS_MAX = 10_000;
const MINUTES_MAX = 100_000;
const SEED_MAX = 4_294_967_000;
const PARALLEL_MAX = 64;
const CONFIRM_MAX = 20;

const AFTER_HELP = `
Trains with other settings and measures NDCG@20 on the validation window of the global-time protocol: the test window of
winnow evaluate is never looked at. What is varied stands under tuning: in winnow.yaml, with defaults for each stage:
  two-tower  retrieval alone, minutes a trial or less
  rankers    the whole funnel, while towers and examples are made once
  funnel     everything
Trial 0 is what winnow.yaml says now. Most trials get a part of the epochs only; the best of them the rest, too. Ends with
the best and the defaults under other seeds. Killed or stopped, the same command goes on where it was. docs/tuning.md has more.

  winnow tune --write
  winnow tune --data online-retail --stage two-tower --trials 30
  winnow tune --data online-retail --config winnow.yaml --stage rankers --minutes 120 --write --html tuning.html`;

export function register(program: Command, context: CommandContext): void {
  program
    .command('tune')
    .description('search for better settings; shows a leaderboard, and the best as a change of winnow.yaml')
    .option('--data <name>', `one of ${DATASET_NAMES.join(', ')} (default: the event log of this home)`)
    .option('--stage <stage>', `one of ${TUNING_STAGES.join(', ')}`, 'two-tower')
    .option(
      '--trials <count>',
      'trials in all, the present settings included',
      wholeNumber('--trials', 2, TRIALS_MAX),
      30,
    )
    .option(
      '--minutes <count>',
      'begin nothing after so many minutes',
      wholeNumber('--minutes', 1, MINUTES_MAX),
    )
    .option('--seed <number>', 'of the proposals and of the training', wholeNumber('--seed', 0, SEED_MAX), 1)
    .option('--parallel <count>', 'processes side by side', wholeNumber('--parallel', 1, PARALLEL_MAX), 1)
    .option('--sampler <name>', `${SAMPLER_NAMES.join(' or ')} (default: as in winnow.yaml, or tpe)`)
    .option(
      '--confirm <count>',
      'further seeds for the best and the defaults',
      wholeNumber('--confirm', 0, CONFIRM_MAX),
      2,
    )
    .option('--study <folder>', 'where results are kept (default: under the home, by what is asked)')
    .option('--html <file>', 'write the study as a page, too')
    .option('--write', 'write the best settings into winnow.yaml, if they are better; comments stay')
    .option('--json', 'print the study as JSON')
    .addHelpText('after', AFTER_HELP)
    .action((options: Options, command: Command) => run(options, command, context));
}

async function run(options: Options, command: Command, context: CommandContext): Promise<void> {
  const settings = settingsOf(command, context);
  const { stage, sampler, pageFile } = checkOptions(options, settings, context);
  const path = await descriptionPathOf(options, settings, context);
  const setup = await loadTuning(path, stage);
  for (const ignored of setup.ignored)
    context.terminal.note(`${ignored} is not read by --stage ${stage}: left as it is`);
  const opened = openStudy(
    setup,
    {
      ...{ stage, sampler, seed: options.seed, parallel: options.parallel, confirmSeeds: options.confirm },
      ...{ data: options.data ?? null, nowMs: context.clock.nowMs() },
    },
    {
      studiesFolder: homeFolders(settings.home).tuning,
      named: options.study && resolve(context.workingFolder, options.study),
    },
  );
  const lock = lockStudy(opened.folder);
  const log = StudyLog.open(opened.folder);
  try {
    const end = await search({ options, settings, context, opened, log });
    const report = reportOf({ opened, log, setup, end });
    show(report, { options, path, pageFile, setup, context });
  } finally {
    log.close();
    lock.release();
  }
}

/** The file that was named; else the data set's example, or for the home's own events the home's. */
async function descriptionPathOf(
  { data }: Options,
  settings: Settings,
  context: CommandContext,
): Promise<string> {
  if (data === undefined) return (await requireDescription(settings, context)).path;
  return settings.configPath ?? examplePath(data);
}

function checkOptions(
  { data, stage, sampler, html, write }: Options,
  settings: Settings,
  { workingFolder }: CommandContext,
): { stage: TuningStage; sampler?: SamplerName; pageFile: string | null } {
  if (data !== undefined && !isDatasetName(data))
    throw usageError(`--data: there is no data set ${data}`, `use one of ${DATASET_NAMES.join(', ')}`);
  if (!isOneOf(TUNING_STAGES, stage))
    throw usageError(`--stage: there is no stage ${stage}`, `use one of ${TUNING_STAGES.join(', ')}`);
  if (sampler !== undefined && !isOneOf(SAMPLER_NAMES, sampler))
    throw usageError(`--sampler: there is no sampler ${sampler}`, `use one of ${SAMPLER_NAMES.join(', ')}`);
  if (write && data !== undefined && settings.configPath === null)
    throw usageError(
      '--write needs a file of yours to write to',
      'copy the example and name it with --config',
    );
  return { stage, sampler, pageFile: html === undefined ? null : pagePath(html, workingFolder) };
}

const isOneOf = <T extends string>(names: readonly T[], name: string): name is T =>
  (names as readonly string[]).includes(name);

interface Search {
  readonly options: Options;
  readonly settings: Settings;
  readonly context: CommandContext;
  readonly opened: OpenStudy;
  readonly log: StudyLog;
}

/** Runs what is left of the study; needs no Redis when nothing is. */
async function search({ options, settings, context, opened, log }: Search): Promise<StudyEnd> {
  const { folder, name, study, text } = opened;
  const plan = new StudyPlan(study, (proposal) => isValid(text, proposal));
  const left = plan.next({ records: log.records, running: new Set(), trialCount: options.trials });
  const { terminal, clock, signal } = context;
  terminal.note(`study ${folder}${opened.isNew ? '' : `, ${log.records.length} evaluations so far`}`);
  if (left === 'done') return 'done';
  const redis = await startRedis(settings, context, 'the queue of evaluations');
  // Only commands that queue wait for BullMQ.
  const { BullEvaluationQueue } = await import('@winnow/job-queue');
  const namespace = describeTrial(text, 'winnow.yaml', {}).namespace;
  const queue = new BullEvaluationQueue({ url: redis.url, namespace, study: name });
  const progress = new StudyProgressLine({ terminal, clock, total: plan.totalShare(options.trials) });
  const givenUp = new AbortController();
  let processes: ReturnType<typeof startTrialProcesses> | null = null;
  try {
    await queue.clear();
    processes = startTrialProcesses({
      ...{ count: study.parallel, studyFolder: folder, studyName: name },
      environment: { ...context.environment, WINNOW_HOME: settings.home, REDIS_URL: redis.url },
      endedCount: () => log.records.length,
      onGivenUp: (error) => givenUp.abort(error),
      onDeath: (pid, how) => {
        terminal.note(`a training process died (${how}); another one takes its place`);
        queue.bury(String(pid), how);
      },
    });
    const end = await runStudy({
      signal: AbortSignal.any([signal, givenUp.signal]),
      ...{ plan, queue, clock, trialCount: options.trials, parallel: study.parallel },
      deadlineMs: options.minutes === undefined ? Infinity : clock.nowMs() + 60_000 * options.minutes,
      records: () => log.records,
      onRecord: (record) => {
        log.append(record);
        progress.ended(record, log.records);
      },
      onProgress: (request, fraction, note) =>
        progress.report(request, { fraction, note, records: log.records }),
    });
    givenUp.signal.throwIfAborted();
    return end;
  } catch (thrown) {
    if (!(thrown instanceof EvaluationFailed)) throw thrown;
    // Nothing that is tuned is to blame when even the present settings cannot be measured.
    throw new CommandError(
      `the present settings cannot be measured: ${thrown.message}`,
      'mend that; the same command goes on',
    );
  } finally {
    progress.end();
    await processes?.stop();
    await queue.clear().catch(() => undefined);
    await queue.close();
    await redis.stop();
  }
}

/** Bounds are checked before a study begins; what remains are settings that do not go together. */
function isValid(text: string, proposal: Readonly<Record<string, number | string | boolean>>): boolean {
  try {
    describeTrial(text, 'winnow.yaml', proposal);
    return true;
  } catch {
    return false;
  }
}

function reportOf(found: {
  readonly opened: OpenStudy;
  readonly log: StudyLog;
  readonly setup: TuningSetup;
  readonly end: StudyEnd;
}): StudyReport {
  const { opened, log, setup, end } = found;
  const { records } = log;
  const outcome = outcomeOf(opened.study, records);
  const better = outcome?.improves ? changeSettings(setup.text, outcome.best.settings) : setup.text;
  return {
    formatVersion: 1,
    folder: opened.folder,
    study: opened.study,
    state: end,
    evaluations: records,
    outcome,
    diff: lineDiff(setup.text, better),
  };
}

interface Showing {
  readonly options: Options;
  readonly path: string;
  readonly pageFile: string | null;
  readonly setup: TuningSetup;
  readonly context: CommandContext;
}

function show(report: StudyReport, { options, path, pageFile, setup, context }: Showing): void {
  const { terminal } = context;
  const { study, evaluations, outcome, diff, state } = report;
  if (pageFile !== null) {
    writeFileSync(pageFile, renderStudy({ study, records: evaluations, diff }));
    terminal.note(`as a page: ${pageFile}`);
  }
  if (options.json) printJson(terminal, report);
  else if (evaluations.length > 0)
    terminal.print(`${leaderboardText(study, evaluations)}\n\n${outcomeText(study, outcome)}`);
  if (!options.json && diff) terminal.print(`\n${diff}`);
  if (state !== 'done')
    return terminal.note(
      `${state === 'stopped' ? 'stopped' : 'out of time'} after ${durationText(spentMs(evaluations))} of training in all; the same command goes on`,
    );
  if (!options.write) return;
  if (!outcome?.improves) return terminal.note(`${path} stays as it is`);
  writeWhole(path, changeSettings(setup.text, outcome.best.settings));
  terminal.note(`written to ${path}`);
}

const spentMs = (records: readonly EvaluationRecord[]): number =>
  records.reduce((sum, { durationMs }) => sum + durationMs, 0);

/** A reader sees the old file or the new one. */
function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
