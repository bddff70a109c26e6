/**
 * Tracks events at full speed while the processes that take, keep and learn from them are killed −9 at moments that a seed
 * draws, then compares the event log and the online state with what was acknowledged. Exits with 1 when a promise is broken.
 *
 *     npm run chaos -- --events 200000 --seed 1
 *     npm run chaos -- --events 200000 --seed 1 --kill-redis --appendfsync everysec --power-cut
 */
import { ProgressLine } from '../apps/trainer/src/progress-line';
import { benchOptions } from './harness/bench-options';
import { renderChaosReport } from './chaos/chaos-report';
import { runChaos } from './chaos/run-chaos';

const values = benchOptions({
  events: 200_000,
  seed: 1,
  kills: 24,
  batch: 200,
  appendfsync: 'always',
  'kill-redis': false,
  'power-cut': false,
  'no-retraining': false,
  json: false,
});

function wholeNumber(name: 'events' | 'seed' | 'kills' | 'batch', minimum: number, maximum: number): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < minimum || value > maximum)
    throw new RangeError(
      `--${name} must be a whole number from ${minimum} to ${maximum}, is ${values[name]}`,
    );
  return value;
}

const { appendfsync } = values;
if (appendfsync !== 'always' && appendfsync !== 'everysec')
  throw new RangeError(`--appendfsync must be always or everysec, is ${appendfsync}`);

const progress = new ProgressLine(process.stderr, values.json);
const report = await runChaos({
  eventCount: wholeNumber('events', 100, 10_000_000),
  seed: wholeNumber('seed', 0, 0xffff_ffff),
  killCount: wholeNumber('kills', 0, 10_000),
  batchSize: wholeNumber('batch', 1, 500),
  appendFsync: appendfsync,
  killRedis: values['kill-redis'] || values['power-cut'],
  powerCut: values['power-cut'],
  retrain: !values['no-retraining'],
  onProgress: (line) => progress.note(line),
});
process.stdout.write(`${values.json ? JSON.stringify(report, null, 1) : renderChaosReport(report)}\n`);
process.exit(report.kept ? 0 : 1);
