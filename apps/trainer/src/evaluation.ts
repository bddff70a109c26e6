import { parseArgs } from 'node:util';
import { DatasetError, isDatasetName, openDataset } from '@winnow/datasets';
import { reasonOf } from '@winnow/domain';
import { loadDescription, readEnvironment } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import { evaluateGlobalTime } from '@winnow/training';
import { exactIndexOf } from './composition-root';
import { trainerSettings } from './config.schema';
import { readDatasetFrame } from './dataset-frame';
import { printReport } from './evaluation-report';
import { ProgressLine } from './progress-line';

const KS = [10, 20];

/** `trainer evaluate --data NAME [--seed N] [--json]`: trains on the past of a data set and reports on its future. */
export async function runEvaluation(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const progress = new ProgressLine(process.stderr, values.json);
  try {
    const settings = readEnvironment(trainerSettings);
    const description = await loadDescription(settings.configPath);
    const name = values.data ?? '';
    if (!isDatasetName(name)) throw new DatasetError('unknown', `--data: there is no data set "${name}"`);
    await startBackend({ forced: process.env['WINNOW_BACKEND'], log: (line) => progress.note(`  ${line}`) });
    const dataset = await openDataset(name);
    const { items, frame } = await readDatasetFrame(dataset, { description, firstOfEachPair: true });
    progress.note(
      `  ${name}: ${frame.events.count} events, ${frame.events.userIds.length} users, ${items.count} items`,
    );
    const report = await evaluateGlobalTime({
      description,
      items,
      frame,
      exactIndexOf,
      seed: values.seed === undefined ? description.training.seed : Number(values.seed),
      ks: KS,
      onProgress: (note, fraction) => progress.show('evaluate', fraction, note),
    });
    if (values.json) process.stdout.write(`${JSON.stringify({ data: name, ...report })}\n`);
    else printReport(name, report, KS);
    process.exit(0);
  } catch (thrown) {
    progress.note(`evaluation failed: ${reasonOf(thrown)}`);
    process.exit(1);
  }
}
