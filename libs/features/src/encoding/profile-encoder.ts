import {
  hashString,
  type AttributeDefinition,
  type AttributeValue,
  type QueryFeatures,
} from '@winnow/domain';
import { EmbeddingBagBuilder, type EmbeddingBag } from './embedding-bag';
import { hashedRow, type HashedField } from './hashed-field';
import { words } from './tokens';

const ATTRIBUTE_BUCKETS = 1_024;
const CONTEXT_BUCKETS = 256;
const DEVICE = 'device';
const COUNTRY = 'country';
const OTHER_CONTEXT = 'context';
/** Rows of plain enumerations, after the hashed ranges. */
const HOURS = 24;
const WEEKDAYS = 7;
const ACTIVITY_BUCKETS = 12;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 1970-01-01 was a Thursday. */
const EPOCH_WEEKDAY = 4;

/** Which of four bins per octave a number falls in, sign kept: a scale for any unit, with nothing measured. */
const numberBin = (value: number): string =>
  `${value < 0 ? '-' : ''}${Math.floor(4 * Math.log2(1 + Math.abs(value)))}`;

/** 0, 1, 2–3, 4–7, … past interactions. */
const activityBucket = (historyCount: number): number =>
  Math.min(ACTIVITY_BUCKETS - 1, Math.ceil(Math.log2(1 + historyCount)));

/**
 * Turns who asks, from where and when into rows of one small embedding table. The ranges have fixed sizes: users
 * are never enumerated, so nothing is measured on them. Times are UTC.
 */
export class ProfileEncoder {
  readonly rowCount: number;
  private readonly fields = new Map<string, HashedField>();
  private readonly hourOffset: number;
  private readonly weekdayOffset: number;
  private readonly activityOffset: number;

  constructor(private readonly definitions: readonly AttributeDefinition[]) {
    let offset = 0;
    const addField = (name: string, bucketCount: number): void => {
      this.fields.set(name, { name, offset, bucketCount, seed: hashString(name) });
      offset += bucketCount;
    };
    for (const { name, type } of definitions)
      if (type !== 'embedding') addField(`user.${name}`, ATTRIBUTE_BUCKETS);
    for (const name of [DEVICE, COUNTRY, OTHER_CONTEXT]) addField(name, CONTEXT_BUCKETS);
    this.hourOffset = offset;
    this.weekdayOffset = this.hourOffset + HOURS;
    this.activityOffset = this.weekdayOffset + WEEKDAYS;
    this.rowCount = this.activityOffset + ACTIVITY_BUCKETS;
  }

  /** Rows below `rowCount`; what is unknown has no row. */
  encode({ userAttributes, context, nowMs, history }: QueryFeatures): EmbeddingBag {
    const bag = new EmbeddingBagBuilder();
    for (const definition of this.definitions) {
      const field = this.fields.get(`user.${definition.name}`);
      const value = userAttributes[definition.name] ?? null;
      if (!field || value === null) continue;
      bag.addMean(attributeTokens(definition, value, nowMs).map((token) => hashedRow(field, token)));
    }
    this.addContext(bag, context);
    const day = Math.floor(nowMs / DAY_MS);
    const hour = Math.floor((nowMs - day * DAY_MS) / HOUR_MS);
    const weekday = (((day + EPOCH_WEEKDAY) % WEEKDAYS) + WEEKDAYS) % WEEKDAYS;
    for (const row of [
      this.hourOffset + hour,
      this.weekdayOffset + weekday,
      this.activityOffset + activityBucket(history.length),
    ])
      bag.addMean([row]);
    return bag.build();
  }

  private addContext(bag: EmbeddingBagBuilder, context: QueryFeatures['context']): void {
    const others: number[] = [];
    for (const name of Object.keys(context).sort()) {
      const field = name === DEVICE || name === COUNTRY ? this.fields.get(name)! : null;
      if (field) bag.addMean([hashedRow(field, context[name].toLowerCase())]);
      else others.push(hashedRow(this.fields.get(OTHER_CONTEXT)!, `${name}=${context[name]}`));
    }
    bag.addMean(others);
  }
}

/** What of the value is hashed; nothing when it does not fit its definition. */
function attributeTokens(
  { type }: AttributeDefinition,
  value: AttributeValue,
  nowMs: number,
): readonly string[] {
  if (type === 'number' && typeof value === 'number') return [numberBin(value)];
  if (type === 'timestamp' && typeof value === 'number') return [numberBin((nowMs - value) / DAY_MS)];
  if (type === 'text' && typeof value === 'string') return words(value);
  if (type === 'category' && typeof value === 'string') return [value];
  if (type === 'categories' && Array.isArray(value)) return value.map(String);
  return [];
}
