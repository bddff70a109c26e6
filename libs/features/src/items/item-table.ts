import {
  attributeViolation,
  invariant,
  type AttributeDefinition,
  type Attributes,
  type CatalogItem,
  type ItemId,
  type Ordinal,
  type TensorFile,
} from '@winnow/domain';
import { AttributeColumns } from './attribute-columns';
import { ItemIdIndex } from './item-id-index';
import { OrdinalColumn } from '../storage/ordinal-column';
import type { CategoryColumn } from '../storage/category-column';
import { metadataOf, tensorOf } from '../storage/tensor-access';

const PRESENT = 1;
const AVAILABLE = 2;
/** Columns are dense by ordinal, so a stray huge ordinal would exhaust memory: refuse it by name instead. */
const ORDINAL_LIMIT_MAX = 2 ** 28;

interface TableMetadata {
  readonly definitions: readonly AttributeDefinition[];
  readonly titleAttribute?: string;
  readonly ordinalLimit: number;
}

/**
 * The catalogue in memory, column by column, indexed by ordinal. Loaded from a release and kept up to date by
 * the catalogue feed: upserts and removals are O(attributes). Categories are dictionary codes, texts UTF-8
 * bytes, numbers f64 with NaN for absent, embeddings f32 [ordinals, dimension].
 */
export class ItemTable {
  private readonly flags: OrdinalColumn<Uint8Array>;
  private readonly firstSeen: OrdinalColumn<Float64Array>;
  private readonly versions: OrdinalColumn<Uint32Array>;
  private ids = ItemIdIndex.empty();
  private columns: AttributeColumns;
  private limit = 0;
  private present = 0;

  constructor(
    readonly definitions: readonly AttributeDefinition[],
    readonly titleAttribute?: string,
  ) {
    this.columns = new AttributeColumns(definitions);
    this.flags = new OrdinalColumn({ type: Uint8Array, absent: 0 });
    this.firstSeen = new OrdinalColumn({ type: Float64Array, absent: NaN });
    this.versions = new OrdinalColumn({ type: Uint32Array, absent: 0 });
  }

  /** Every ordinal ever seen is below this. */
  get ordinalLimit(): number {
    return this.limit;
  }

  /** Items present, available or not. */
  get count(): number {
    return this.present;
  }

  /**
   * Replaces the whole item. Attributes that are missing, null, unknown or that do not fit their definition
   * are absent afterwards. An id that comes back under a new ordinal leaves its old one.
   */
  upsert(item: CatalogItem): void {
    const { ordinal } = item;
    invariant(
      Number.isInteger(ordinal) && ordinal >= 0 && ordinal < ORDINAL_LIMIT_MAX,
      `ordinal ${ordinal} is not in [0, ${ORDINAL_LIMIT_MAX})`,
    );
    this.reserve(ordinal + 1);
    this.assignId(ordinal, item.itemId);
    this.columns.write(ordinal, (definition) => {
      const value = item.attributes[definition.name] ?? null;
      return attributeViolation(definition, value) === null ? value : null;
    });
    if (!this.has(ordinal)) this.present += 1;
    this.flags.data[ordinal] = PRESENT | (item.available ? AVAILABLE : 0);
    this.firstSeen.data[ordinal] = item.firstSeenAtMs;
    this.versions.data[ordinal] += 1;
  }

  /** Forgets the item; its ordinal stays taken. Nothing happens when it is not there. */
  remove(ordinal: number): void {
    if (!this.has(ordinal)) return;
    this.ids.delete(ordinal);
    this.columns.write(ordinal, () => null);
    this.flags.data[ordinal] = 0;
    this.firstSeen.data[ordinal] = NaN;
    this.versions.data[ordinal] += 1;
    this.present -= 1;
  }

  has(ordinal: number): boolean {
    return ordinal < this.limit && this.flags.data[ordinal] !== 0;
  }

  /** Present, and flagged available. */
  isAvailable(ordinal: number): boolean {
    return ordinal < this.limit && (this.flags.data[ordinal] & AVAILABLE) !== 0;
  }

  itemId(ordinal: number): ItemId | null {
    return this.has(ordinal) ? this.ids.idOf(ordinal) : null;
  }

  ordinalOf(id: ItemId): Ordinal | null {
    return this.ids.ordinalOf(id);
  }

  /** The item's attributes as they were upserted, without the absent ones; empty for an absent item. */
  attributes(ordinal: number): Attributes {
    return this.columns.read(ordinal);
  }

  /** The value of the title attribute, if the description names one and the item has it. */
  title(ordinal: number): string | null {
    return this.titleAttribute === undefined ? null : this.text(this.titleAttribute, ordinal);
  }

  /** Milliseconds since the epoch; NaN for an absent item. */
  firstSeenAtMs(ordinal: number): number {
    return this.firstSeen.at(ordinal);
  }

  /** Null where absent. */
  text(attributeName: string, ordinal: number): string | null {
    return this.columns.text(attributeName).get(ordinal);
  }

  /** Dictionary codes of a category or categories attribute, a view that the next upsert may overwrite. */
  categoryCodes(attributeName: string, ordinal: number): ArrayLike<number> {
    return this.columns.category(attributeName).codes(ordinal);
  }

  /** The whole column, for loops over many items. */
  categoryColumn(attributeName: string): CategoryColumn {
    return this.columns.category(attributeName);
  }

  /** For loops over many items; the column stays the same object for as long as the table lives. */
  numberColumn(attributeName: string): OrdinalColumn<Float64Array> {
    return this.columns.number(attributeName);
  }

  /** A number or timestamp attribute; NaN when absent. */
  number(attributeName: string, ordinal: number): number {
    return this.columns.number(attributeName).at(ordinal);
  }

  /** An embedding attribute [dimension]; null when absent. A view that the next upsert may overwrite. */
  embedding(attributeName: string, ordinal: number): Float32Array | null {
    return this.columns.embedding(attributeName, ordinal);
  }

  /** Goes up with every upsert and removal of the ordinal: what a cache keeps beside its entry. */
  version(ordinal: number): number {
    return this.versions.at(ordinal);
  }

  /** A snapshot; later upserts do not show in it. */
  toTensors(): TensorFile {
    const metadata: TableMetadata = {
      definitions: this.definitions,
      titleAttribute: this.titleAttribute,
      ordinalLimit: this.limit,
    };
    return {
      metadata: { items: JSON.stringify(metadata) },
      tensors: {
        flags: { shape: [this.limit], data: this.flags.snapshot(this.limit) },
        'first-seen-ms': { shape: [this.limit], data: this.firstSeen.snapshot(this.limit) },
        ...this.ids.toTensors('id', this.limit),
        ...this.columns.toTensors(this.limit),
      },
    };
  }

  /** Adopts the file's arrays without copying the large ones. Throws a RangeError naming what is missing. */
  static fromTensors(file: TensorFile): ItemTable {
    const { definitions, titleAttribute, ordinalLimit } = metadataOf<TableMetadata>(file, 'items');
    const table = new ItemTable(definitions, titleAttribute);
    const flags = tensorOf(file, 'flags', Uint8Array);
    if (flags.length !== ordinalLimit)
      throw new RangeError(`flags has ${flags.length} ordinals, the table ${ordinalLimit}`);
    table.columns = AttributeColumns.fromTensors(definitions, file);
    table.ids = ItemIdIndex.fromTensors(file, 'id', ordinalLimit);
    table.reserve(ordinalLimit);
    table.flags.data.set(flags);
    table.firstSeen.data.set(tensorOf(file, 'first-seen-ms', Float64Array));
    for (let ordinal = 0; ordinal < ordinalLimit; ordinal += 1) {
      if (flags[ordinal] === 0) continue;
      table.versions.data[ordinal] = 1;
      table.present += 1;
    }
    return table;
  }

  private reserve(ordinalLimit: number): void {
    if (ordinalLimit <= this.limit) return;
    this.limit = ordinalLimit;
    this.flags.reserve(ordinalLimit);
    this.firstSeen.reserve(ordinalLimit);
    this.versions.reserve(ordinalLimit);
  }

  private assignId(ordinal: Ordinal, id: ItemId): void {
    const holder = this.ids.ordinalOf(id);
    if (holder === ordinal) return;
    if (holder !== null) this.remove(holder);
    this.ids.delete(ordinal);
    this.ids.set(ordinal, id);
  }
}
