import { parseArgs } from 'node:util';
import { RETRAINING_STEPS, reasonOf } from '@winnow/domain';
import { loadDescription, readEnvironment } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import { runAllSteps } from '@winnow/training';
import { currentRunId, openPorts, stepContext } from './composition-root';
import { trainerSettings } from './config.schema';
import { ProgressLine } from './progress-line';

/** `trainer train [--json]`: the whole run in this process, without a queue. */
export async function runTrainingOnce(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  const settings = readEnvironment(trainerSettings);
  const description = await loadDescription(settings.configPath);
  const progress = new ProgressLine(process.stderr, values.json);
  const ports = openPorts({ home: settings.home, redisUrl: settings.redisUrl, description });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));
  const startedAtMs = performance.now();
  let exitCode = 0;
  try {
    await startBackend({ forced: settings.backend, log: (line) => progress.note(`  ${line}`) });
    const runId = await currentRunId(ports);
    const summaries: Record<string, string> = {};
    let stepStartedAtMs = performance.now();
    await runAllSteps(
      (step) => {
        stop.signal.throwIfAborted();
        const title = `${RETRAINING_STEPS.indexOf(step) + 1}/${RETRAINING_STEPS.length} ${step}`;
        return stepContext(ports, {
          runId,
          step,
          signal: stop.signal,
          progress: (fraction, note) => progress.show(title, fraction, note),
        });
      },
      (step, summary) => {
        const seconds = ((performance.now() - stepStartedAtMs) / 1000).toFixed(1);
        stepStartedAtMs = performance.now();
        summaries[step] = summary;
        progress.note(`  ${step.padEnd(10)} ${seconds.padStart(6)} s  ${summary}`);
      },
    );
    await stepContext(ports, { runId, step: 'publish', signal: stop.signal, progress: () => {} }).run.clear();
    const { current } = await ports.registry.pointer();
    const durationMs = Math.round(performance.now() - startedAtMs);
    if (values.json) process.stdout.write(`${JSON.stringify({ runId, current, durationMs, summaries })}\n`);
    else
      progress.note(
        `  trained in ${(durationMs / 1000).toFixed(0)} s; serving release: ${current ?? 'none, the gate refused'}`,
      );
    if (!current) exitCode = 1;
  } catch (thrown) {
    progress.note(`  training failed: ${reasonOf(thrown)}`);
    exitCode = 1;
  }
  await ports.close();
  // TF.js backends and DuckDB may hold the event loop open.
  process.exit(exitCode);
}
