import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DatasetError, isDatasetName, openDataset } from '@winnow/datasets';
import { reasonOf } from '@winnow/domain';
import { PROTOCOL_NAMES, type ProtocolName } from '@winnow/evaluation';
import { loadDescription, readEnvironment } from '@winnow/platform';
import { renderComparison } from '@winnow/reporting';
import { startBackend } from '@winnow/tensor';
import { evaluateColdStart, evaluateGlobalTime } from '@winnow/training';
import { exactIndexOf } from './composition-root';
import { trainerSettings } from './config.schema';
import { readDatasetFrame } from './dataset-frame';
import { runComparison } from './evaluation-comparison';
import { comparisonText } from './evaluation-comparison-table';
import { usualProtocol } from './evaluation-data';
import { coldStartText, stageTable } from './evaluation-report';
import { ProgressLine } from './progress-line';

const KS = [10, 20];
/** New items come late in a list. */
const COLD_KS = [20, 100];
/** What is wrong with the command, and not with the work. */
const EXIT_USAGE = 2;

interface EvaluationArguments {
  readonly data: string;
  readonly protocol?: string;
  readonly model?: readonly string[];
  readonly seed?: string;
  readonly seeds?: string;
  readonly slice?: readonly string[];
  readonly html?: string;
  readonly 'hide-items'?: string;
  readonly json: boolean;
}

function parse(args: readonly string[]): EvaluationArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string', default: '' },
      protocol: { type: 'string' },
      model: { type: 'string', multiple: true },
      seed: { type: 'string' },
      seeds: { type: 'string' },
      slice: { type: 'string', multiple: true },
      html: { type: 'string' },
      'hide-items': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  return values as EvaluationArguments;
}

/**
 * `trainer evaluate --data NAME [--seed N] [--json]`: what each stage of the funnel is worth on the future of a data set.
 * With `--protocol`, `--model`, `--seeds`, `--slice` or `--html`: models side by side. With `--hide-items SHARE`: new items
 * and new users.
 */
export async function runEvaluation(args: readonly string[]): Promise<void> {
  const values = parse(args);
  const progress = new ProgressLine(process.stderr, values.json);
  try {
    const { protocol, model, seeds, slice, html } = values;
    const comparing = [protocol, model, seeds, slice, html].some((value) => value !== undefined);
    const hiding = values['hide-items'] !== undefined;
    const work = hiding ? evaluateNew : comparing ? compareModels : evaluateStages;
    process.stdout.write(`${await work(values, progress)}\n`);
    process.exit(0);
  } catch (thrown) {
    progress.note(`evaluation failed: ${reasonOf(thrown)}`);
    const usage =
      thrown instanceof RangeError || (thrown instanceof DatasetError && thrown.kind === 'unknown');
    process.exit(usage ? EXIT_USAGE : 1);
  }
}

/** Models side by side; gives back what to print. */
async function compareModels(values: EvaluationArguments, progress: ProgressLine): Promise<string> {
  const settings = readEnvironment(trainerSettings);
  const protocol = values.protocol ?? usualProtocol(values.data);
  if (!isProtocol(protocol))
    throw new RangeError(`--protocol: ${protocol} is not one of ${PROTOCOL_NAMES.join(', ')}`);
  const firstSeed = Number(values.seed ?? 1);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  const report = await runComparison({
    data: values.data,
    protocol,
    models: values.model ?? [],
    seeds: Array.from({ length: Number(values.seeds ?? 1) }, (_, index) => firstSeed + index),
    slices: values.slice ?? [],
    description: () => loadDescription(settings.configPath),
    startBackend: () => startTensors(settings.backend, progress),
    signal: stop.signal,
    onProgress: (note, fraction) => progress.show('evaluate', fraction, note),
  });
  if (values.html !== undefined) {
    writeFileSync(values.html, renderComparison(report));
    progress.note(`  as a page: ${values.html}`);
  }
  return values.json ? JSON.stringify(report) : comparisonText(report);
}

const isProtocol = (name: string): name is ProtocolName =>
  (PROTOCOL_NAMES as readonly string[]).includes(name);

async function startTensors(backend: string | undefined, progress: ProgressLine): Promise<void> {
  await startBackend({ forced: backend, log: (line) => progress.note(`  ${line}`) });
}

/** What both ways of asking the whole funnel begin with. */
async function readFunnelData({ data: name, seed }: EvaluationArguments, progress: ProgressLine) {
  const settings = readEnvironment(trainerSettings);
  const description = await loadDescription(settings.configPath);
  if (!isDatasetName(name)) throw new DatasetError('unknown', `--data: there is no data set "${name}"`);
  await startTensors(settings.backend, progress);
  const dataset = await openDataset(name);
  const { items, frame } = await readDatasetFrame(dataset, { description, firstOfEachPair: true });
  progress.note(
    `  ${name}: ${frame.events.count} events, ${frame.events.userIds.length} users, ${items.count} items`,
  );
  return {
    ...{ description, items, frame, exactIndexOf },
    seed: seed === undefined ? description.training.seed : Number(seed),
    onProgress: (note: string, fraction: number) => progress.show('evaluate', fraction, note),
  };
}

/** The funnel stage by stage, beside popularity and EASE; gives back what to print. */
async function evaluateStages(values: EvaluationArguments, progress: ProgressLine): Promise<string> {
  const report = await evaluateGlobalTime({ ...(await readFunnelData(values, progress)), ks: KS });
  const { data } = values;
  return values.json ? JSON.stringify({ data, ...report }) : stageTable(data, report, KS);
}

/** The funnel on items and users that are new; gives back what to print. */
async function evaluateNew(values: EvaluationArguments, progress: ProgressLine): Promise<string> {
  const hideItems = Number(values['hide-items']);
  const sources = await readFunnelData(values, progress);
  const report = await evaluateColdStart({ ...sources, hideItems, ks: COLD_KS });
  const { data } = values;
  return values.json ? JSON.stringify({ data, ...report }) : coldStartText(data, report);
}
