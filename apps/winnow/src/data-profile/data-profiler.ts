import { IMPRESSION, type Attributes, type Description } from '@winnow/domain';
import type { DataReport, Note } from '@winnow/reporting';
import type { SourceRecord } from '../dataset-import/import-source';
import type { ImportSummary } from '../dataset-import/run-import';
import { shiftTimestamps } from '../dataset-import/time-shift';
import { eventWarnings, nearDuplicateWarning, sideWarnings } from './data-warnings';
import { EventProfile } from './event-profile';
import { arrivalWarning, attributeWarnings } from './leak-checks';
import { NearDuplicates } from './near-duplicates';
import { SideProfile } from './side-profile';

const GRAVITY: Readonly<Record<Note['tone'], number>> = { bad: 0, note: 1, good: 2 };

/** Looks at every record of an import as it passes, and says at the end what the data is like. Bounded memory. */
export class DataProfiler {
  private readonly items: SideProfile;
  private readonly users: SideProfile;
  private readonly events: EventProfile;
  private readonly nearDuplicates: NearDuplicates | null;

  constructor(private readonly options: { readonly description: Description; readonly nowMs: number }) {
    const { description, nowMs } = options;
    const { attributes, titleAttribute } = description.items;
    this.items = new SideProfile('items', attributes);
    this.users = new SideProfile('users', description.users.attributes);
    this.events = new EventProfile(
      [...new Set([...description.events.map(({ name }) => name), IMPRESSION])],
      nowMs,
    );
    this.nearDuplicates = titleAttribute === undefined ? null : new NearDuplicates(titleAttribute);
  }

  /** One record as the source has it; times are moved as the import moves them. */
  add(record: SourceRecord, shiftMs: number): void {
    if (record.kind === 'event') {
      const event = { ...record, timeMs: record.timeMs + shiftMs };
      if (!this.events.add(event)) return;
      this.items.observe(event.itemId, event.timeMs, event.value);
      this.users.observe(event.userId, event.timeMs, event.value);
    } else if (record.kind === 'item') {
      const arrivalMs = record.firstSeenAtMs === undefined ? undefined : record.firstSeenAtMs + shiftMs;
      const { attributes: definitions } = this.options.description.items;
      this.addItem(record.itemId, shiftTimestamps(record.attributes, definitions, shiftMs), arrivalMs);
    } else if (record.kind === 'user') {
      const { attributes: definitions } = this.options.description.users;
      this.users.describe(record.userId, shiftTimestamps(record.attributes, definitions, shiftMs));
    }
  }

  /** Whether the source described items: where it did not, those of earlier imports say what events are about. */
  get describesItems(): boolean {
    return this.items.isDescribed;
  }

  get describesUsers(): boolean {
    return this.users.isDescribed;
  }

  addItem(itemId: string, attributes: Attributes, arrivalMs?: number): void {
    this.items.describe(itemId, attributes, arrivalMs);
    const title = this.nearDuplicates && attributes[this.options.description.items.titleAttribute!];
    if (typeof title === 'string') this.nearDuplicates?.add(itemId, title);
  }

  addUser(userId: string, attributes: Attributes): void {
    this.users.describe(userId, attributes);
  }

  report(summary: ImportSummary, attribution: string): DataReport {
    const window = this.events.window;
    const sides = [this.items.report(), this.users.report()];
    const itemAttributes = this.items.attributeReports();
    const userAttributes = this.users.attributeReports();
    const duplicates = this.events.duplicates();
    const nearDuplicates = this.nearDuplicates?.report() ?? null;
    const found: readonly (Note | null)[] = [
      arrivalWarning('items', this.items),
      ...attributeWarnings('items', this.items, itemAttributes),
      ...attributeWarnings('users', this.users, userAttributes),
      ...eventWarnings(this.events, duplicates),
      ...sideWarnings(sides[0], this.items, this.events.count),
      ...sideWarnings(sides[1], this.users, this.events.count),
      nearDuplicateWarning(nearDuplicates),
    ];
    const warnings = found.filter((note) => note !== null);
    return {
      formatVersion: 1,
      source: summary.source,
      attribution,
      createdAtMs: this.options.nowMs,
      timeShiftMs: summary.timeShiftMs,
      rows: summary.kinds.filter(({ read }) => read > 0),
      refusedByReason: summary.refusedByReason,
      droppedAttributes: summary.droppedAttributes,
      eventCount: this.events.count,
      firstEventMs: window?.firstMs ?? null,
      lastEventMs: window?.lastMs ?? null,
      sides,
      attributes: [...itemAttributes, ...userAttributes],
      eventTypes: this.events.typeReports(),
      timeline: this.events.timelineReport(),
      duplicates,
      nearDuplicates,
      warnings: warnings.sort((left, right) => GRAVITY[left.tone] - GRAVITY[right.tone]),
    };
  }
}
