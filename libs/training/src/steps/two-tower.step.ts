import { frameUpTo } from '../frame';
import { encodeCatalogue, towerSources, trainTower, vectorsToTensors } from '../towers';
import { trainingNote } from '../training-note';
import { keepForWarmStart, openWarmTower } from '../warm-start';
import { readRunInputs } from './run-inputs';
import { RUN_FILES } from './step-context';
import type { Step } from './step-context';

/** Share of the step's time that the first of its two trainings takes, about. */
const BASE_SHARE = 0.8;

/**
 * Trains the towers twice. The *base* tower stops before the ranker's window: it retrieves the candidates that rankers
 * learn from, so that these look as they will in serving. It then goes on through the newest events, and that one serves.
 * With a warm start both learn only from what is new since the parent's base tower.
 */
export const twoTowerStep: Step = {
  name: 'two-tower',
  async run(context) {
    const { description, run, progress } = context;
    const { report, frame, items, featureSet } = await readRunInputs(context);
    const { seed, warmStart } = description.training;
    const warm = report.warmStart && {
      tower: await openWarmTower(context, report.warmStart, towerSources(featureSet, items)),
      learnFromMs: report.warmStart.learntToMs,
    };
    const shared = { description, items, featureSet, seed };
    const onProgress =
      (from: number, to: number) =>
      ({ fraction, note }: { fraction: number; note: string }) =>
        progress(from + (to - from) * fraction, note);

    const base = await trainTower({
      ...shared,
      frame: frameUpTo(frame, report.rankerIndex),
      warm,
      onProgress: (state) => onProgress(0, BASE_SHARE)(trainingNote(state)),
    });
    await run.writeTensors(RUN_FILES.baseTower, base.model.toTensors());
    if (warmStart)
      await keepForWarmStart(run, {
        tower: base.model,
        learntToMs: frame.events.timesMs[report.rankerIndex],
      });
    const baseVectors = await encodeCatalogue(base.model, items);
    await run.writeTensors(RUN_FILES.baseVectors, vectorsToTensors(baseVectors, base.model.dimension));

    const final = await trainTower({
      ...shared,
      frame: frameUpTo(frame, report.holdoutIndex),
      from: base.model,
      learnFromMs: warm?.learnFromMs,
      onProgress: (state) => onProgress(BASE_SHARE, 1)(trainingNote(state)),
    });
    await run.writeTensors(RUN_FILES.tower, final.model.toTensors());
    const vectors = await encodeCatalogue(final.model, items);
    await run.writeTensors(RUN_FILES.vectors, vectorsToTensors(vectors, final.model.dimension));
    await run.writeJson(RUN_FILES.towerReport, base.report);
    final.model.dispose();
    const { losses, bestEpoch, examplesPerSecond } = base.report;
    return `best of ${losses.length} epochs: ${bestEpoch}; ${Math.round(examplesPerSecond)} examples/s`;
  },
};
