import type { AttributeReport, Note, Side } from '@winnow/reporting';
import { countText } from '../output/quantities';
import { correlationRatio, rankCorrelation } from './rank-correlation';
import type { ComparedColumns, SideProfile } from './side-profile';

/** Fewer than this say nothing about a whole attribute. */
const COMPARED_MIN = 30;
/** Share of ids from which a date that comes too late is a pattern, not a slip. */
const LATE_SHARE_GRAVE = 0.05;
/** An attribute that orders ids as their events do knows the events. */
const CORRELATION_MAX = 0.9;
/** A mean over fewer events than this follows from nothing. */
const EVENTS_PER_ID_MIN = 3;
/** Categories of fewer members than this explain anything. */
const GROUP_SIZE_MIN = 10;
const IDENTIFIER_SHARE = 0.95;
const GAP_SHARE = 0.5;

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.01 ? 2 : 0)} %`;

/** What a model could learn from an attribute and would miss in serving, and attributes that say nothing. */
export function attributeWarnings(
  side: Side,
  profile: SideProfile,
  reports: readonly AttributeReport[],
): Note[] {
  return reports.flatMap((report, index) => {
    if (report.presentCount === 0) return [];
    const compared = profile.compared(index);
    const one = { side, report, compared };
    return [lateDates(one), followsEvents(one), categoryTells(one), saysNothing(one), gaps(one)].filter(
      (note) => note !== null,
    );
  });
}

/** Events that happened before their item or user is said to have come to be. */
export function arrivalWarning(side: Side, profile: SideProfile): Note | null {
  const { values, firstEventsMs } = profile.comparedArrivals();
  const late = countLater(values, firstEventsMs);
  if (late === 0) return null;
  return {
    tone: late / values.length > LATE_SHARE_GRAVE ? 'bad' : 'note',
    title: `Events before their ${side} existed.`,
    text: `${countText(late)} of ${countText(values.length)} ${side} arrive later than their first event. Check the clock that wrote the arrivals.`,
  };
}

interface Checked {
  readonly side: Side;
  readonly report: AttributeReport;
  readonly compared: ComparedColumns;
}

const countLater = (values: Float64Array, firstEventsMs: Float64Array): number =>
  values.reduce((late, value, index) => late + (value > firstEventsMs[index] ? 1 : 0), 0);

function lateDates({ side, report, compared: { values, firstEventsMs } }: Checked): Note | null {
  if (report.type !== 'timestamp') return null;
  const late = countLater(values, firstEventsMs);
  if (late === 0) return null;
  const share = late / values.length;
  return {
    tone: share > LATE_SHARE_GRAVE ? 'bad' : 'note',
    title: `${report.name} of ${side} is later than events.`,
    text: `For ${countText(late)} of ${countText(values.length)} ${side} (${percent(share)}) it lies after their first event: either events came before the thing existed, or the value was written afterwards and tells the past about the future.`,
  };
}

function followsEvents({ side, report, compared }: Checked): Note | null {
  if (report.type !== 'number' || compared.values.length < COMPARED_MIN) return null;
  const byCount = rankCorrelation(compared.values, compared.eventCounts);
  if (Math.abs(byCount) >= CORRELATION_MAX)
    return leak(
      `${report.name} of ${side} follows the number of events.`,
      byCount,
      'how often they are chosen',
    );
  const often = compared.eventCounts.map((count) => (count >= EVENTS_PER_ID_MIN ? 1 : 0));
  const kept = (values: Float64Array): Float64Array => values.filter((_, index) => often[index] === 1);
  const means = kept(compared.meanValues);
  if (means.length < COMPARED_MIN) return null;
  const byValue = rankCorrelation(kept(compared.values), means);
  return Math.abs(byValue) >= CORRELATION_MAX
    ? leak(
        `${report.name} of ${side} follows the values of events.`,
        byValue,
        'the value that events will have',
      )
    : null;
}

const leak = (title: string, correlation: number, what: string): Note => ({
  tone: 'bad',
  title,
  text: `Its rank correlation with them is ${correlation.toFixed(2)}: it seems to be counted from the events, so a model would learn ${what} from a number that is not known when it must predict it. Leave it out, or give its value as of each event.`,
});

function categoryTells({ side, report, compared }: Checked): Note | null {
  const { spread } = report;
  if (report.type !== 'category' || spread?.kind !== 'values') return null;
  const { values, eventCounts } = compared;
  if (spread.distinctCount < 2 || values.length < spread.distinctCount * GROUP_SIZE_MIN) return null;
  const told = correlationRatio(values, eventCounts.map(Math.log));
  if (told < CORRELATION_MAX ** 2) return null;
  return {
    tone: 'bad',
    title: `${report.name} of ${side} tells the number of events.`,
    text: `It explains ${percent(told)} of the variance of its logarithm: it seems to be derived from the events that a model must predict.`,
  };
}

function saysNothing({ side, report }: Checked): Note | null {
  const { spread } = report;
  if (spread?.kind !== 'values' || report.presentCount < COMPARED_MIN) return null;
  if (spread.distinctCount === 1)
    return {
      tone: 'note',
      title: `${report.name} of ${side} is always the same.`,
      text: `All ${countText(report.presentCount)} say “${spread.top[0].value}”: models learn nothing from it.`,
    };
  if (report.type !== 'category' || spread.distinctCount < IDENTIFIER_SHARE * report.presentCount)
    return null;
  return {
    tone: 'note',
    title: `${report.name} of ${side} is an identifier.`,
    text: `Nearly each of the ${countText(report.presentCount)} has a value of its own: one-to-one with the id, it is learnt by heart and says nothing of a new one. Make it text, or leave it out.`,
  };
}

function gaps({ side, report: { name, presentCount, missingCount } }: Checked): Note | null {
  const share = missingCount / (presentCount + missingCount);
  if (share < GAP_SHARE) return null;
  return {
    tone: 'note',
    title: `${name} of ${side} is mostly missing.`,
    text: `${percent(share)} of the rows do not have it.`,
  };
}
