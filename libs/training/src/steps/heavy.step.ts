import { TwoTower } from '@winnow/models';
import { makeRankingExamples } from '../example-stage';
import { examplesToTensors } from '../examples-file';
import { frameUpTo } from '../frame';
import { trainHeavy } from '../rankers';
import { towerSources, vectorsFromTensors } from '../towers';
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
    const examples = await makeRankingExamples({
      description,
      frame: frameUpTo(frame, report.holdoutIndex),
      shown,
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
    return `${examples.queryCount} queries, best epoch ${heavy.report.bestEpoch}; ${metricsLine(heavy.report.metrics)}`;
  },
};

/** `name value` pairs of a report's figures. */
export const metricsLine = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(', ');
