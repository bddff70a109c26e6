import { PoisonError } from '@winnow/domain';
import { FeatureSet } from '@winnow/features';
import { frameToTensors, positiveEventTypes, splitIndex } from '../frame';
import { holdoutIndexOf } from '../holdout';
import { readItems, readUserAttributes, readWindow } from '../read-log';
import { ServedFeatures } from '../shown/served-features';
import { readShown, shownToTensors } from '../shown/shown-frame';
import { findWarmStart } from '../warm-start';
import type { WarmStartDecision } from '../warm-start';
import { RUN_FILES } from './step-context';
import type { DatasetReport, Step, StepContext } from './step-context';

/** Fewer positives than this cannot train anything. */
const POSITIVE_COUNT_MIN = 100;

/** Reads the window of events, the catalogue and the users from the log, and fixes how time is split. */
export const datasetStep: Step = {
  name: 'dataset',
  async run(context) {
    const { description, run } = context;
    const cursors = await context.cursors();
    context.progress(0.1, 'reading the event log');
    const events = await readWindow(context, cursors.events);
    const positive = positiveEventTypes(description);
    const positiveCount = events.eventTypes.reduce((count, type) => count + (positive[type] ? 1 : 0), 0);
    if (positiveCount < POSITIVE_COUNT_MIN)
      throw new PoisonError(
        `the event log has ${positiveCount} positive events in the window, training needs ${POSITIVE_COUNT_MIN}: import or track more`,
      );
    context.progress(0.5, 'reading the catalogue');
    const items = await readItems(context);
    const userAttributes = await readUserAttributes(context.eventLog, events);
    const holdoutIndex = holdoutIndexOf(events);
    const rankerIndex = splitIndex(
      events.timesMs.subarray(0, holdoutIndex),
      description.training.ranker.windowShare,
    );
    context.progress(0.7, 'reading what was shown');
    const shown = await readShown({
      ...{ description, eventLog: context.eventLog, events, items, rankerIndex, holdoutIndex },
      upTo: cursors.events,
    });
    const served = context.slateLog
      ? await ServedFeatures.read({ description, slateLog: context.slateLog, events, shown })
      : ServedFeatures.none();
    const start = await startOf(context, events.timesMs[rankerIndex]);
    const featureSet =
      start.kind === 'warm' ? FeatureSet.fromJSON(start.featureSet) : FeatureSet.compile(description, items);

    await run.writeTensors(RUN_FILES.frame, frameToTensors({ events, userAttributes }));
    await run.writeTensors(RUN_FILES.shown, shownToTensors(shown));
    await run.writeTensors(RUN_FILES.served, served.toTensors());
    await run.writeTensors(RUN_FILES.items, items.toTensors());
    await run.writeJson(RUN_FILES.featureSet, featureSet.toJSON());
    const report: DatasetReport = {
      cursors,
      featureSetHash: featureSet.hash,
      itemCount: items.count,
      ordinalLimit: items.ordinalLimit,
      userCount: events.userIds.length,
      eventCount: events.count,
      fromMs: events.timesMs[0],
      toMs: events.timesMs[events.count - 1],
      rankerIndex,
      holdoutIndex,
      warmStart: start.kind === 'warm' ? start.parent : null,
    };
    await run.writeJson(RUN_FILES.dataset, report);
    const found = `${events.count} events of ${report.userCount} users on ${items.count} items`;
    return description.training.warmStart ? `${found}; ${startLine(start)}` : found;
  },
};

const startOf = (context: StepContext, learnBeforeMs: number): Promise<WarmStartDecision> =>
  context.description.training.warmStart
    ? findWarmStart(context, { description: context.description, learnBeforeMs })
    : Promise.resolve({ kind: 'cold', reason: 'training.warmStart is off' });

const startLine = (start: WarmStartDecision): string =>
  start.kind === 'warm'
    ? `goes on from ${start.parent.version}, through events since ${new Date(start.parent.learntToMs).toISOString()}`
    : `starts from nothing: ${start.reason}`;
