import { FeatureSet, ItemTable } from '@winnow/features';
import type { FeatureSetJson } from '@winnow/features';
import { frameFromTensors } from '../frame';
import type { RunFrame } from '../frame';
import { shownFromTensors } from '../shown/shown-frame';
import type { ShownFrame } from '../shown/shown-frame';
import { RUN_FILES } from './step-context';
import type { DatasetReport, StepContext } from './step-context';

/** What the dataset step left for the others. */
export interface RunInputs {
  readonly report: DatasetReport;
  readonly frame: RunFrame;
  readonly shown: ShownFrame;
  readonly items: ItemTable;
  readonly featureSet: FeatureSet;
}

export async function readRunInputs({ run }: StepContext): Promise<RunInputs> {
  return {
    report: await run.readJson<DatasetReport>(RUN_FILES.dataset),
    frame: frameFromTensors(await run.readTensors(RUN_FILES.frame)),
    shown: shownFromTensors(await run.readTensors(RUN_FILES.shown)),
    items: ItemTable.fromTensors(await run.readTensors(RUN_FILES.items)),
    featureSet: FeatureSet.fromJSON(await run.readJson<FeatureSetJson>(RUN_FILES.featureSet)),
  };
}
