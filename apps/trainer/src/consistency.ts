import { parseArgs } from 'node:util';
import { reasonOf, type TracedSlate } from '@winnow/domain';
import { FeatureAgreement } from '@winnow/features';
import { createEventLog, type EventLog } from '@winnow/event-log';
import { createFileModelRegistry } from '@winnow/model-registry';
import { homeFolders, loadDescription, readEnvironment } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import { trainerSettings } from './config.schema';
import { consistencyReport, consistencyText, type ConsistencyReport } from './consistency/consistency-table';
import { recomputeFeatures, type RecomputeOptions } from './consistency/recompute-features';
import { ProgressLine } from './progress-line';

/** Features are 32-bit floats of about unit scale; a query vector computed in another batch differs in the last bits. */
export const TOLERANCE = 1e-4;

export interface ConsistencyOptions extends Omit<RecomputeOptions, 'agreement' | 'eventLog'> {
  readonly eventLog: Pick<EventLog, 'streamEvents' | 'streamCatalogChanges' | 'slates'>;
  /** At most so many slates. */
  readonly sampleCount: number;
  /** Of slates that were served since then. Default: of all. */
  readonly fromMs?: number;
  readonly shareMin: number;
}

/** Compares the features of a sample of traced slates with what the event log says that they were. */
export async function checkConsistency(options: ConsistencyOptions): Promise<ConsistencyReport> {
  const { eventLog, sampleCount, fromMs, shareMin } = options;
  const slates: TracedSlate[] = [];
  for await (const batch of eventLog.slates.sampleTraced({ countMax: sampleCount, fromMs }))
    slates.push(...batch);
  const agreement = new FeatureAgreement(TOLERANCE);
  const skipped = await recomputeFeatures(slates, { ...options, agreement });
  const skippedCount = [...skipped.values()].reduce((sum, count) => sum + count, 0);
  return consistencyReport({
    ...{ skipped, shareMin, tolerance: TOLERANCE, features: agreement.rows() },
    slateCount: slates.length - skippedCount,
  });
}

/** `trainer consistency [--sample N] [--min SHARE] [--json]`; exit code 1 when a feature agrees less often than that. */
export async function runConsistency(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sample: { type: 'string', default: '500' },
      min: { type: 'string', default: '0.999' },
      json: { type: 'boolean', default: false },
    },
  });
  const settings = readEnvironment(trainerSettings);
  const description = await loadDescription(settings.configPath);
  const folders = homeFolders(settings.home);
  const eventLog = createEventLog({ folder: folders.eventLog });
  const registry = createFileModelRegistry({ folder: folders.registry });
  const progress = new ProgressLine(process.stderr, values.json);
  let exitCode = 1;
  try {
    await startBackend({ forced: settings.backend });
    const report = await checkConsistency({
      ...{ description, eventLog, sampleCount: Number(values.sample), shareMin: Number(values.min) },
      openRelease: async (version) => {
        const opened = await registry.open(version);
        return opened.ok ? opened.value : null;
      },
      onProgress: (done, all) => progress.show('consistency', done / all, `${done} of ${all} slates`),
    });
    process.stdout.write(`${values.json ? JSON.stringify(report) : consistencyText(report)}\n`);
    if (report.slateCount === 0)
      progress.note('  no slate with a trace: slateLog.traceShare in winnow.yaml says how many have one');
    exitCode = report.slateCount > 0 && report.inconsistent.length === 0 ? 0 : 1;
  } catch (thrown) {
    progress.note(`  ${reasonOf(thrown)}`);
  }
  await eventLog.close();
  // TF.js backends and DuckDB may hold the event loop open.
  process.exit(exitCode);
}
