/**
 * Every heavy-ranker architecture on one data set, side by side: the same towers, the same examples to learn from, the same
 * candidates to order. What is finished is kept in the work folder and not done again.
 *
 *     npm run bench:rankers -- --data online-retail --seeds 1,2,3
 */
import { join } from 'node:path';
import { cpus } from 'node:os';
import { isDatasetName, openDataset } from '@winnow/datasets';
import { HEAVY_RANKER_ARCHITECTURES } from '@winnow/domain';
import { meanOf } from '@winnow/evaluation';
import { loadDescription } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import {
  compareLightRanker,
  compareRanker,
  comparisonExamples,
  LIGHT_REQUEST_CANDIDATES,
  REQUEST_CANDIDATES,
  simpleRankers,
} from '@winnow/training';
import type { LightRankerFigures, RankerFigures } from '@winnow/training';
import { exactIndexOf } from '../apps/trainer/src/composition-root';
import { readDatasetFrame } from '../apps/trainer/src/dataset-frame';
import { FileRunFolder } from '../apps/trainer/src/file-run-folder';
import { ProgressLine } from '../apps/trainer/src/progress-line';
import { benchOptions } from './harness/bench-options';
import { cpuMs } from './training/work-clock';

const values = benchOptions({
  data: 'online-retail',
  config: '',
  architectures: HEAVY_RANKER_ARCHITECTURES.join(','),
  seeds: '1',
  work: '',
});

const architectures = HEAVY_RANKER_ARCHITECTURES.filter((name) =>
  values.architectures.split(',').includes(name),
);
const seeds = values.seeds.split(',').map(Number);
const progress = new ProgressLine(process.stderr, false);

await main();
process.exit(0);

async function main(): Promise<void> {
  if (!isDatasetName(values.data)) throw new RangeError(`--data: there is no data set "${values.data}"`);
  const description = await loadDescription(values.config || join('examples', `${values.data}.yaml`));
  const backend = await startBackend({ forced: process.env['WINNOW_BACKEND'] });
  const { items, frame } = await readDatasetFrame(await openDataset(values.data), {
    ...{ description, firstOfEachPair: true },
  });
  const run = new FileRunFolder(values.work || join('tmp', `bench-rankers-${values.data}`));
  const options = {
    ...{ description, items, frame, exactIndexOf, run, cpuMs },
    onProgress: (note: string, fraction: number) => progress.show('rankers', fraction, note),
  };
  const examples = await comparisonExamples({ ...options, seed: seeds[0] });
  const figures: RankerFigures[] = [];
  for (const architecture of architectures)
    for (const seed of seeds) {
      const file = `${architecture}-${seed}.json`;
      if (!(await run.has(file)))
        await run.writeJson(file, await compareRanker(examples, { ...options, architecture, seed }));
      figures.push(await run.readJson<RankerFigures>(file));
    }
  const light: LightRankerFigures[] = [];
  for (const seed of seeds) {
    const file = `light-ranker-${seed}.json`;
    if (!(await run.has(file)))
      await run.writeJson(file, await compareLightRanker(examples, { ...options, seed }));
    light.push(await run.readJson<LightRankerFigures>(file));
  }
  const { learn, ask } = examples;
  console.log(
    `machine   ${cpus()[0].model.trim()}, ${cpus().length} cores, Node ${process.version}, ${backend.backend}`,
  );
  console.log(`learnt    ${learn.queryCount} queries, ${learn.ordinals.length} candidates`);
  console.log(
    `asked     ${ask.queryCount} later queries, ${ask.ordinals.length} candidates, ${seeds.length} seeds`,
  );
  console.log(`cost      of a request for ${REQUEST_CANDIDATES} candidates\n`);
  print([...simpleRankers(examples, { description, seed: seeds[0] }), ...figures]);
  printLight(light, description.training.heavyRanker.architecture);
}

/** What the light ranker keeps of the heavy one's order, and at which cost. */
function printLight(figures: readonly LightRankerFigures[], architecture: string): void {
  const agreements = figures.map(({ agreement }) => 100 * agreement);
  const light = meanOf(figures.map(({ lightMicroseconds }) => lightMicroseconds));
  const heavy = meanOf(figures.map(({ heavyMicroseconds }) => heavyMicroseconds));
  console.log(
    `\nlight ranker, distilled from ${architecture}: keeps ${meanOf(agreements).toFixed(1)}${spread(agreements, 1)} % of its best 50 in the best 200 of 800;`,
  );
  console.log(
    `${light.toFixed(2)} µs a candidate in requests for ${LIGHT_REQUEST_CANDIDATES}, 1/${(heavy / light).toFixed(0)} of the heavy ranker's ${heavy.toFixed(1)} µs`,
  );
}

/** One line a ranker, as Markdown; with several seeds, means and how far the seeds lie apart. */
function print(figures: readonly RankerFigures[]): void {
  const names = [...new Set(figures.map(({ name }) => name))];
  const rows = names.map((name) => {
    const own = figures.filter((one) => one.name === name);
    const networks = own.flatMap(({ network }) => (network ? [network] : []));
    const cell = (numbers: readonly number[], digits: number): string =>
      numbers.length === 0 ? '–' : `${meanOf(numbers).toFixed(digits)}${spread(numbers, digits)}`;
    return [
      name,
      cell(
        own.map(({ auc }) => auc),
        4,
      ),
      cell(
        networks.map(({ logLoss }) => logLoss),
        4,
      ),
      cell(
        networks.map(({ calibrationError }) => calibrationError),
        4,
      ),
      cell(
        own.map(({ ndcgAt20 }) => ndcgAt20),
        4,
      ),
      networks.length === 0
        ? '–'
        : meanOf(networks.map(({ trainingCpuMs }) => trainingCpuMs / 1000)).toFixed(0),
      networks.length === 0
        ? '–'
        : meanOf(networks.map((network) => network.cpuMicrosecondsPerCandidate)).toFixed(1),
    ];
  });
  const header = [
    'ranker',
    'AUC',
    'log loss',
    'calibration error',
    'NDCG@20',
    'training, CPU s',
    'CPU µs a candidate',
  ];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, column) => (column === 0 ? text.padEnd(widths[column]) : text.padStart(widths[column]))).join(' | ')} |`;
  console.log(line(header));
  console.log(
    `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`,
  );
  for (const row of rows) console.log(line(row));
}

/** Half of the distance between the best and the worst seed. */
function spread(numbers: readonly number[], digits: number): string {
  if (numbers.length < 2) return '';
  return ` ± ${((Math.max(...numbers) - Math.min(...numbers)) / 2).toFixed(digits)}`;
}
