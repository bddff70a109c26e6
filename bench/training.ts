/**
 * Speed of training: what a step costs beside the matrix products in it, whether an id table's size matters, whether
 * backends agree, and, where there is a GPU, the same on it. Each part runs in a process of its own, so that each has
 * its own peak of memory.
 *
 *   npm run bench:training
 *   npm run bench:training -- --only steps,tables
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { backendReport, startBackend } from '@winnow/tensor';
import type { BackendReport } from '@winnow/tensor';
import { benchOptions } from './harness/bench-options';
import { distances, fingerprint, TOLERANCES } from './training/agreement';
import type { Fingerprint } from './training/agreement';
import { LOADING_WAY_COUNT, measureLoading } from './training/loading';
import type { LoadingFigures } from './training/loading';
import { measureScoring } from './training/scoring';
import type { ScoringFigures } from './training/scoring';
import { measureHeavyRanker, measureTwoTower } from './training/steps';
import type { StepFigures } from './training/steps';
import { measureTableAlone, measureTableInTraining } from './training/tables';
import type { TableFigures } from './training/tables';
import { isGpu } from './training/work-clock';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const SHARE_MIN = 0.5;
const TABLE_RATIO_MAX = 1.5;
const TABLE_MEBIBYTES_MAX = 4096;
const LOADED_ROWS = 2_000_000;

const values = benchOptions({
  only: 'steps,tables,scoring,agreement,loading',
  rows: 10_000_000,
  seed: 1,
  /** Set by this program for its own children. */
  part: '',
});
const { seed } = values;

const PARTS: Readonly<Record<string, (argument: string) => Promise<unknown>>> = {
  'two-tower': () => measureTwoTower(seed),
  'heavy-ranker': () => measureHeavyRanker(seed),
  table: (rows) => measureTableInTraining(Number(rows), seed),
  'table-alone': async (rows) => measureTableAlone(Number(rows), seed),
  scoring: () => measureScoring(seed),
  loading: (way) => measureLoading({ rowCount: LOADED_ROWS, way: Number(way), seed }),
  agreement: () => fingerprint(seed),
  backend: async () => backendReport(),
};

if (values.part) await runPart(values.part);
else await main();

/** A child's whole life: one backend, one measurement, one line. */
async function runPart(part: string): Promise<void> {
  const [name, argument = ''] = part.split(':');
  try {
    await startBackend({ forced: process.env['WINNOW_BACKEND'] });
    process.stdout.write(JSON.stringify({ result: await PARTS[name](argument) }));
  } catch (thrown) {
    process.stdout.write(JSON.stringify({ failure: (thrown as Error).message.split('\n')[0] }));
  }
  // GPU backends hold the event loop open.
  process.exit(0);
}

async function main(): Promise<void> {
  const only = values.only.split(',');
  const report = await inChild<BackendReport>('backend');
  const { backend, details, skipped } = report;
  console.log(
    `machine        ${cpus()[0].model.trim()}, ${availableParallelism()} cores, ${gibibytes(totalmem())} GiB, Node ${process.version}`,
  );
  console.log(`backend        ${backend} (${details}); seed ${seed}`);
  if (!isGpu(backend))
    console.log(
      `GPU            none was at hand (${skipped.map((one) => `${one.backend}: ${one.reason}`).join('; ')}); the figures are this backend's`,
    );
  if (only.includes('steps')) {
    printSteps(await inChild<StepFigures>('two-tower'));
    printSteps(await inChild<StepFigures>('heavy-ranker'));
  }
  if (only.includes('tables')) printTables(await tablesOf('table'), await tablesOf('table-alone'));
  if (only.includes('scoring')) printScoring(await inChild<ScoringFigures[]>('scoring'));
  if (only.includes('agreement')) await compareBackends();
  if (only.includes('loading')) await compareLoading();
}

function printSteps(figures: StepFigures): void {
  const share = figures.gigaflopsPerSecond / figures.ceilingGigaflopsPerSecond;
  console.log(`\n${figures.name.padEnd(15)}${figures.sizes}`);
  console.log(
    `  step         ${figures.medianWallMs.toFixed(1)} ms (median of ${figures.stepCount}), of which work ${figures.medianStepMs.toFixed(1)} ms; ${Math.round(figures.examplesPerSecond)} examples/s`,
  );
  console.log(
    `  products     ${figures.matmulMegaflopsPerStep.toFixed(0)} MFLOP a step: ${figures.gigaflopsPerSecond.toFixed(1)} GFLOP/s`,
  );
  console.log(
    `  ceiling      ${figures.ceilingGigaflopsPerSecond.toFixed(1)} GFLOP/s for these products alone, ${figures.largeGigaflopsPerSecond.toFixed(1)} for 1024³`,
  );
  console.log(
    `  share        ${percent(share)} of the ceiling; ${verdict(share >= SHARE_MIN, `at least ${percent(SHARE_MIN)}`)}`,
  );
  console.log(`  memory       ${Math.round(figures.peakMebibytes)} MiB at most`);
}

type TablePair = readonly [small: TableFigures, large: TableFigures];

async function tablesOf(part: 'table' | 'table-alone'): Promise<TablePair> {
  return [
    await inChild<TableFigures>(`${part}:10000`),
    await inChild<TableFigures>(`${part}:${values.rows}`),
  ];
}

function printTables(training: TablePair, alone: TablePair): void {
  const [small, large] = training;
  console.log(`\nid tables      ${small.dimension} values a row, every row in memory before the first step`);
  training.forEach(({ rowCount, medianStepMs, peakMebibytes }, index) =>
    console.log(
      `  ${`${rowCount.toLocaleString('en')} rows`.padEnd(17)}two-tower step ${medianStepMs.toFixed(1)} ms of work, ${Math.round(peakMebibytes)} MiB at most; 4,096 rows of the table alone ${alone[index].medianStepMs.toFixed(2)} ms`,
    ),
  );
  const ratio = large.medianStepMs / small.medianStepMs;
  const ratioAlone = alone[1].medianStepMs / alone[0].medianStepMs;
  console.log(
    `  ratio        ${ratio.toFixed(2)} for the training step, ${verdict(ratio <= TABLE_RATIO_MAX, `at most ${TABLE_RATIO_MAX}`)}; ${ratioAlone.toFixed(2)} for the table alone, which the processor's caches no longer hold`,
  );
  console.log(
    `  memory       ${verdict(large.peakMebibytes <= TABLE_MEBIBYTES_MAX, `at most ${TABLE_MEBIBYTES_MAX} MiB`)}`,
  );
}

function printScoring(figures: readonly ScoringFigures[]): void {
  console.log('\nheavy ranker   scoring 200 candidates of a query with 50 interactions');
  for (const { concurrency, medianMs, p99Ms, candidatesPerSecond } of figures)
    console.log(
      `  ${`${concurrency} at once`.padEnd(13)}median ${medianMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${Math.round(candidatesPerSecond).toLocaleString('en')} candidates/s`,
    );
}

async function compareLoading(): Promise<void> {
  const mebibytes = (4 * 64 * LOADED_ROWS) / 1024 ** 2;
  console.log(
    `\nloading        ${LOADED_ROWS.toLocaleString('en')} rows of 64, ${Math.round(mebibytes)} MiB, from a file that the system has cached`,
  );
  let perRow = 0;
  for (let index = 0; index < LOADING_WAY_COUNT; index += 1) {
    const { way, ms, grownMebibytes, microsecondsPerRow } = await inChild<LoadingFigures>(`loading:${index}`);
    console.log(
      `  ${way.padEnd(41)}${Math.round(ms)} ms, the process grows by ${Math.round(grownMebibytes)} MiB`,
    );
    perRow = microsecondsPerRow;
  }
  console.log(`  ${'a row when it is needed'.padEnd(41)}${perRow.toFixed(1)} µs`);
}

/** The same seed on every backend that starts, against wasm, which always does. */
async function compareBackends(): Promise<void> {
  const { losses, itemVectors, headProbabilities } = TOLERANCES;
  console.log(
    `\nagreement      with wasm after training on the same seed; losses within ${percent(losses)}, vectors within ${itemVectors}, probabilities within ${headProbabilities}`,
  );
  const reference = await inChild<Fingerprint>('agreement', { WINNOW_BACKEND: 'wasm' });
  for (const backend of ['wasm', 'webgpu', 'tfjs-node'])
    try {
      const software = backend === 'webgpu' && !process.env['VK_DRIVER_FILES'] && existsSync(SWIFTSHADER);
      const found = await inChild<Fingerprint>('agreement', {
        WINNOW_BACKEND: backend,
        // Where a real GPU is, its own driver comes first.
        ...(software ? { VK_ADD_DRIVER_FILES: SWIFTSHADER } : {}),
      });
      const apart = distances(reference, found);
      const names = Object.keys(TOLERANCES) as (keyof Fingerprint)[];
      const agrees = names.every((name) => apart[name] <= TOLERANCES[name]);
      console.log(
        `  ${backend.padEnd(13)}${names.map((name) => `${name} ${apart[name].toExponential(1)}`).join(', ')}: ${agrees ? 'agrees' : 'DISAGREES'}`,
      );
      if (!agrees) process.exitCode = 1;
    } catch (thrown) {
      console.log(`  ${backend.padEnd(13)}skipped: ${(thrown as Error).message}`);
    }
}

function inChild<T>(part: string, environment: Readonly<Record<string, string>> = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [process.argv[1], '--part', part, '--seed', String(values.seed)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      try {
        const { result, failure } = JSON.parse(output.slice(output.search(/\{"(result|failure)"/))) as {
          result?: T;
          failure?: string;
        };
        if (failure !== undefined) reject(new Error(failure));
        else resolve(result as T);
      } catch {
        reject(new Error(`${part} ended with ${signal ?? code}: ${output.slice(-200)}`));
      }
    });
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.01 ? 1 : 0)} %`;
}

function verdict(holds: boolean, wanted: string): string {
  return `${holds ? 'holds' : 'MISSED'}: ${wanted}`;
}

function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(0);
}
