import { seededRandom } from '@winnow/domain';
import { TwoTower, trainTwoTower } from '@winnow/models';
import { EmbeddingTable, RowGradients } from '@winnow/tensor';
import { workMs } from './work-clock';
import { towerTraining } from './workload';

const MEBIBYTE = 1024 * 1024;
const DIMENSION = 64;
const ROWS_PER_STEP = 4096;
const TABLE_STEPS = 200;
const WARM_UP_STEPS = 8;

/** What a step costs on an id table of a size, every row of which is in memory before the clock runs. */
export interface TableFigures {
  readonly rowCount: number;
  readonly dimension: number;
  /** By the clock of {@link workMs}. */
  readonly medianStepMs: number;
  readonly peakMebibytes: number;
}

const figures = (rowCount: number, stepsMs: readonly number[]): TableFigures => ({
  rowCount,
  dimension: DIMENSION,
  medianStepMs: median(stepsMs.slice(WARM_UP_STEPS)),
  peakMebibytes: (process.resourceUsage().maxRSS * 1024) / MEBIBYTE,
});

/** Whole steps of a two-tower model over as many items as there are rows. */
export async function measureTableInTraining(rowCount: number, seed: number): Promise<TableFigures> {
  return figures(rowCount, await trainingSteps(rowCount, seed));
}

/** Reading, summing slopes of, and updating 4,096 random rows. */
export function measureTableAlone(rowCount: number, seed: number): TableFigures {
  return figures(rowCount, tableSteps(rowCount, seed));
}

async function trainingSteps(items: number, seed: number): Promise<number[]> {
  const training = towerTraining({ items, popularity: 'even', seed });
  const from = TwoTower.create(
    {
      dimension: training.dimension,
      attentionSize: 32,
      profileSize: 16,
      hiddenSize: 2 * training.dimension,
      historyCountMax: training.historyCountMax,
      eventTypeCount: training.eventTypes.length,
      temperature: training.temperature,
    },
    training.sources,
    seed,
  );
  from.parts.items.admit(training.catalogue, seededRandom(seed));
  const row = new Float32Array(training.dimension);
  for (let item = 0; item < items; item += 1) from.parts.items.write(item, row, 0);
  const marksMs: number[] = [];
  await trainTwoTower({ ...training, from, onProgress: () => marksMs.push(workMs()) });
  return marksMs.slice(1).map((markMs, index) => markMs - marksMs[index]);
}

function tableSteps(rowCount: number, seed: number): number[] {
  const dim = DIMENSION;
  const table = EmbeddingTable.seeded({ rowCount, dim, standardDeviation: 0.04, seed });
  for (let row = 0; row < rowCount; row += 1) table.row(row);
  const gradients = new RowGradients(rowCount, dim);
  const random = seededRandom(seed);
  const gathered = new Float32Array(ROWS_PER_STEP * dim);
  const slopes = new Float32Array(ROWS_PER_STEP * dim).fill(0.01);
  const rows = new Uint32Array(ROWS_PER_STEP);
  const steps: number[] = [];
  for (let step = 0; step < TABLE_STEPS; step += 1) {
    for (let index = 0; index < ROWS_PER_STEP; index += 1) rows[index] = Math.floor(random() * rowCount);
    const startedAtMs = workMs();
    gathered.fill(0);
    for (let index = 0; index < ROWS_PER_STEP; index += 1)
      table.addRow(rows[index], 1, gathered, index * dim);
    for (let index = 0; index < ROWS_PER_STEP; index += 1) gradients.add(rows[index], 1, slopes, index * dim);
    table.applyAdagrad(gradients, 0.01);
    gradients.clear();
    steps.push(workMs() - startedAtMs);
  }
  return steps;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)];
}
