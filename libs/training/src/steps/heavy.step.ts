import { TwoTower } from '@winnow/models';
import type { RankingExamples } from '@winnow/models';
import { makeRankingExamples } from '../example-stage';
import { examplesToTensors } from '../examples-file';
import { frameUpTo } from '../frame';
import { trainHeavy } from '../rankers';
import { towerSources, vectorsFromTensors } from '../towers';
import { ServedFeatures } from '../shown/served-features';
import { trainingNote } from '../training-note';
import { readRunInputs } from './run-inputs';
import { RUN_FILES } from './step-context';
import type { Step } from './step-context';

/** Share of the step's time that making the examples takes, about. */
const EXAMPLES_SHARE = 0.4;

/** Makes examples with the base tower from the ranker's window, and trains the heavy ranker on them. */
export const heavyStep: Step = {
  name: 'heavy',
  async run(context) {
    const { description, run, exactIndexOf, signal, progress } = context;
    const { report, frame, shown, items, featureSet } = await readRunInputs(context);
    const { seed } = description.training;
    const baseTower = TwoTower.fromTensors(
      await run.readTensors(RUN_FILES.baseTower),
      towerSources(featureSet, items),
    );
    const served = ServedFeatures.fromTensors(await run.readTensors(RUN_FILES.served), description);
    const examples = await makeRankingExamples({
      description,
      frame: frameUpTo(frame, report.holdoutIndex),
      shown,
      served,
      rankerIndex: report.rankerIndex,
      items,
      featureSet,
      baseTower,
      baseVectors: vectorsFromTensors(await run.readTensors(RUN_FILES.baseVectors)),
      exactIndexOf,
      seed,
      signal,
      onProgress: (fraction, note) => progress(EXAMPLES_SHARE * fraction, note),
    });
    baseTower.dispose();
    await run.writeTensors(RUN_FILES.examples, examplesToTensors(examples));
    const heavy = await trainHeavy({
      description,
      items,
      featureSet,
      examples,
      seed,
      onProgress: (state) => {
        const { fraction, note } = trainingNote(state);
        progress(EXAMPLES_SHARE + (1 - EXAMPLES_SHARE) * fraction, note);
      },
    });
    await run.writeTensors(RUN_FILES.heavy, heavy.model.toTensors());
    await run.writeJson(RUN_FILES.heavyReport, heavy.report);
    heavy.model.dispose();
    return `${queriesLine(examples, served)}, best epoch ${heavy.report.bestEpoch}; ${metricsLine(heavy.report.metrics)}`;
  },
};

/** How many examples there are, of what, and how many have features as they were served. */
function queriesLine({ queryCount, groupOffsets, shown }: RankingExamples, served: ServedFeatures): string {
  const slateCount = Array.from({ length: queryCount }, (_, query) => query).filter((query) =>
    shown.subarray(groupOffsets[query], groupOffsets[query + 1]).includes(1),
  ).length;
  return slateCount === 0
    ? `${queryCount} queries`
    : `${queryCount} queries, ${slateCount} of slates that were shown, ${served.usedCount} with features as served`;
}

/** `name value` pairs of a report's figures. */
export const metricsLine = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(', ');
