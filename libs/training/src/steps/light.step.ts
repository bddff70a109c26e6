import { HeavyRanker } from '@winnow/models';
import { examplesFromTensors } from '../examples-file';
import { heavySources, trainLight } from '../rankers';
import { trainingNote } from '../training-note';
import { readRunInputs } from './run-inputs';
import { RUN_FILES } from './step-context';
import type { Step } from './step-context';

/** What the light step reports besides the training. */
export const AGREEMENT_METRIC = 'light.heavyAgreement';

/** Distils the heavy ranker into the light one, on the heavy ranker's own examples. */
export const lightStep: Step = {
  name: 'light',
  async run(context) {
    const { description, run, progress } = context;
    const { items, featureSet } = await readRunInputs(context);
    const heavy = HeavyRanker.fromTensors(
      await run.readTensors(RUN_FILES.heavy),
      heavySources(description, featureSet, items),
    );
    const light = await trainLight({
      description,
      items,
      featureSet,
      examples: examplesFromTensors(await run.readTensors(RUN_FILES.examples)),
      heavy,
      seed: description.training.seed,
      onProgress: (state) => {
        const { fraction, note } = trainingNote(state);
        progress(fraction, note);
      },
    });
    await run.writeTensors(RUN_FILES.light, light.model.toTensors());
    const metrics = { ...light.report.metrics, [AGREEMENT_METRIC]: light.agreement };
    await run.writeJson(RUN_FILES.lightReport, { ...light.report, metrics });
    heavy.dispose();
    light.model.dispose();
    return `keeps ${(100 * light.agreement).toFixed(1)} % of the heavy ranker's top, best epoch ${light.report.bestEpoch}`;
  },
};
