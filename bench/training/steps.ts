import { performance } from 'node:perf_hooks';
import { trainHeavyRanker, trainTwoTower } from '@winnow/models';
import type { TrainingProgress, TrainingReport } from '@winnow/models';
import { workMs } from './work-clock';
import { countMatmuls, flopsOf, measureCeiling, measureMatmul } from './matmul';
import type { CountedShape } from './matmul';
import { content, EVENT_TYPES, profile, rankingExamples, towerTraining, valueModel } from './workload';

const MEBIBYTE = 1024 * 1024;
/** Enough of them for the engine to have compiled what runs often. */
const WARM_UP_STEPS = 8;
const COUNTED_STEPS = 4;

/** What one model's training steps cost. */
export interface StepFigures {
  readonly name: string;
  readonly sizes: string;
  readonly stepCount: number;
  /** By the clock of {@link workMs} or the wall clock, whichever is less disturbed. */
  readonly medianStepMs: number;
  readonly medianWallMs: number;
  readonly examplesPerSecond: number;
  readonly matmulMegaflopsPerStep: number;
  readonly gigaflopsPerSecond: number;
  /** Of the step's own products, one after another. */
  readonly ceilingGigaflopsPerSecond: number;
  /** Of one product of 1024 × 1024 × 1024. */
  readonly largeGigaflopsPerSecond: number;
  readonly peakMebibytes: number;
}

type Train = (onProgress: (progress: TrainingProgress) => void) => Promise<{ report: TrainingReport }>;

class EnoughSteps extends Error {}

async function measureSteps(name: string, sizes: string, train: Train): Promise<StepFigures> {
  const shapes = await countMatmuls(() => firstSteps(train, COUNTED_STEPS));
  const flopsPerStep = shapes.reduce((sum, shape) => sum + shape.count * flopsOf(shape), 0) / COUNTED_STEPS;
  const ceiling = await measureCeiling(largest(shapes));
  const [workMarksMs, wallMarksMs]: [number[], number[]] = [[], []];
  const { report } = await train(() => {
    workMarksMs.push(workMs());
    wallMarksMs.push(performance.now());
  });
  const medianWallMs = medianGap(wallMarksMs);
  // Processor time counts the engine's helper threads as well, the clock whatever else the machine does.
  const medianStepMs = Math.min(medianGap(workMarksMs), medianWallMs);
  const large = {
    batch: 1,
    rows: 1024,
    depth: 1024,
    columns: 1024,
    transposeLeft: false,
    transposeRight: false,
  };
  return {
    name,
    sizes,
    stepCount: workMarksMs.length - 1 - WARM_UP_STEPS,
    medianStepMs,
    medianWallMs,
    examplesPerSecond: (1000 * report.exampleCount) / workMarksMs.length / medianWallMs,
    matmulMegaflopsPerStep: flopsPerStep / 1e6,
    gigaflopsPerSecond: flopsPerStep / medianStepMs / 1e6,
    ceilingGigaflopsPerSecond: ceiling,
    largeGigaflopsPerSecond: flopsOf(large) / (await measureMatmul(large)) / 1e6,
    peakMebibytes: (process.resourceUsage().maxRSS * 1024) / MEBIBYTE,
  };
}

function medianGap(marksMs: readonly number[]): number {
  const gaps = marksMs.slice(1).map((markMs, index) => markMs - marksMs[index]);
  const sorted = gaps.slice(WARM_UP_STEPS).sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Batches differ a little in size; the shapes that make up 99 % of the work stand for all. */
function largest(shapes: readonly CountedShape[]): CountedShape[] {
  const total = shapes.reduce((sum, shape) => sum + shape.count * flopsOf(shape), 0);
  const sorted = [...shapes].sort((a, b) => b.count * flopsOf(b) - a.count * flopsOf(a));
  let kept = 0;
  return sorted.filter((shape) => {
    const wanted = kept < 0.99 * total;
    kept += shape.count * flopsOf(shape);
    return wanted;
  });
}

async function firstSteps(train: Train, count: number): Promise<void> {
  let steps = 0;
  try {
    await train(() => {
      steps += 1;
      if (steps === count) throw new EnoughSteps();
    });
  } catch (thrown) {
    if (!(thrown instanceof EnoughSteps)) throw thrown;
  }
}

export function measureTwoTower(seed: number): Promise<StepFigures> {
  const training = towerTraining({ items: 50_000, popularity: 'skewed', seed });
  const { batchSize, uniformNegativeCount, dimension, historyCountMax } = training;
  return measureSteps(
    'two-tower',
    `batch ${batchSize}, ${uniformNegativeCount} uniform negatives, dimension ${dimension}, histories to ${historyCountMax}, 50,000 items`,
    (onProgress) => trainTwoTower({ ...training, onProgress }),
  );
}

export function measureHeavyRanker(seed: number): Promise<StepFigures> {
  const items = 50_000;
  const examples = rankingExamples({ items, queries: 800, seed });
  return measureSteps(
    'heavy ranker',
    `16 queries of 100 candidates, ${examples.featureCount} features, ${examples.headCount} heads, histories of 30, ${items.toLocaleString('en')} items`,
    (onProgress) =>
      trainHeavyRanker({
        examples,
        sources: { content, profile, valueModel: valueModel() },
        eventTypeCount: EVENT_TYPES.length,
        ...{ historyCountMax: 50, seed, epochsMax: 1, learningRate: 0.002, validationShare: 0 },
        onProgress,
      }),
  );
}
