import type { EventDuplicates, NearDuplicateReport, Note, SideReport } from '@winnow/reporting';
import { countText } from '../output/quantities';
import type { EventProfile } from './event-profile';
import type { SideProfile } from './side-profile';

/** From here on a pattern in the data is worth a reader's time. */
const DUPLICATE_SHARE = 0.01;
const MIDNIGHT_SHARE = 0.9;
const SAME_MOMENT_SHARE = 0.3;
const UNLISTED_SHARE = 0.05;
const NEAR_DUPLICATE_SHARE = 0.02;
const BUSIEST_SHARE = 0.05;
/** A small set has a busiest user by nature. */
const BUSIEST_EVENTS_MIN = 1_000;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What is odd about when and how often things happen. */
export function eventWarnings(events: EventProfile, duplicates: EventDuplicates | null): Note[] {
  if (!duplicates) return [];
  const warnings: Note[] = [];
  if (events.futureCount > 0)
    warnings.push({
      tone: 'bad',
      title: 'Events from the future.',
      text: `${countText(events.futureCount)} events are later than this machine's clock; a model that is asked now must not have seen them.`,
    });
  if (duplicates.exactShare > DUPLICATE_SHARE)
    warnings.push({
      tone: 'note',
      title: 'Events are in the data more than once.',
      text: `${percent(duplicates.exactShare)} repeat another event's user, item, type and time. They count twice in popularity; deduplicate them unless they are real.`,
    });
  if (events.midnightShare > MIDNIGHT_SHARE)
    warnings.push({
      tone: 'bad',
      title: 'Times are dates.',
      text: `${percent(events.midnightShare)} of the events are at midnight UTC, so the order within a day is not known: a history may hold what came after, and sequence models learn noise.`,
    });
  else if (duplicates.sameMomentShare > SAME_MOMENT_SHARE)
    warnings.push({
      tone: 'note',
      title: 'Events come in baskets.',
      text: `${percent(duplicates.sameMomentShare)} share their moment with another event of the same user. Winnow's splits keep a moment together, so that one half does not predict the other.`,
    });
  return warnings;
}

/** What is odd about who is described and who is active. */
export function sideWarnings(report: SideReport, profile: SideProfile, eventCount: number): Note[] {
  const { side, activeCount, unlistedCount, listedCount, changedRowCount } = report;
  const warnings: Note[] = [];
  const isDescribed = profile.isDescribed && profile.definitions.length > 0;
  if (isDescribed && unlistedCount > UNLISTED_SHARE * activeCount)
    warnings.push({
      tone: 'note',
      title: `Events speak of ${side} that nothing describes.`,
      text: `${countText(unlistedCount)} of ${countText(activeCount)} active ${side} (${percent(unlistedCount / activeCount)}) have no row of their own, so they have no attributes.`,
    });
  if (changedRowCount > DUPLICATE_SHARE * listedCount)
    warnings.push({
      tone: 'note',
      title: `Rows disagree about ${side}.`,
      text: `${countText(changedRowCount)} rows say something else than an earlier row of the same id; the last one won. If they are a history, older events are joined with newer attributes.`,
    });
  const busiest = profile.busiest();
  if (busiest && eventCount >= BUSIEST_EVENTS_MIN && busiest.eventCount > BUSIEST_SHARE * eventCount)
    warnings.push({
      tone: 'note',
      title: `One of the ${side} has ${percent(busiest.eventCount / eventCount)} of all events.`,
      text: `${busiest.id}: a machine, a default or a test account? It weighs on popularity and on negatives.`,
    });
  return warnings;
}

export function nearDuplicateWarning(report: NearDuplicateReport | null): Note | null {
  if (!report || report.itemCount < NEAR_DUPLICATE_SHARE * report.comparedCount) return null;
  return {
    tone: 'note',
    title: 'Items are there more than once.',
    text: `${countText(report.itemCount)} of ${countText(report.comparedCount)} items (${percent(report.itemCount / report.comparedCount)}) have nearly the same ${report.attribute} as another. Their events are split between them, and slates repeat themselves.`,
  };
}
