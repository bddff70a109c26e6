import type { AttributeDefinition } from '@winnow/domain';
import { EmbeddingBagBuilder, type EmbeddingBag } from './embedding-bag';
import { hashedFieldFor, hashedRow, type HashedField } from './hashed-field';
import { numberScaleOf, standardised, type NumberScale } from './number-scale';
import { characterTrigrams, words } from './tokens';
import type { ItemTable } from '../items/item-table';

/** Beyond this many items a regular sample measures the statistics just as well. */
const SAMPLED_ITEMS_MAX = 200_000;
/** Of a number that no item had when the scales were measured. */
const NO_SCALE = (): number => 0;

export interface ItemEncoderStatistics {
  readonly contentFields: readonly HashedField[];
  readonly numberScales: readonly NumberScale[];
}

export interface ItemEncoderOptions {
  readonly definitions: readonly AttributeDefinition[];
  readonly characterTrigrams: boolean;
}

const isCategory = ({ type }: AttributeDefinition): boolean => type === 'category' || type === 'categories';
const isNumber = ({ type }: AttributeDefinition): boolean => type === 'number' || type === 'timestamp';

/** Turns an item's attributes into what the item tower and the rankers read. */
export class ItemEncoder {
  readonly contentRowCount: number;
  readonly denseCount: number;
  private readonly fields: ReadonlyMap<string, HashedField>;
  private readonly standardisers: ReadonlyMap<string, (value: number) => number>;

  constructor(
    private readonly options: ItemEncoderOptions,
    readonly statistics: ItemEncoderStatistics,
  ) {
    const { contentFields, numberScales } = statistics;
    this.fields = new Map(contentFields.map((field) => [field.name, field]));
    this.standardisers = new Map(
      numberScales.map((scale) => [scale.name, (value: number) => standardised(scale, value)]),
    );
    this.contentRowCount = contentFields.reduce((sum, field) => sum + field.bucketCount, 0);
    this.denseCount = options.definitions.reduce(
      (sum, definition) => sum + (isNumber(definition) ? 2 : (definition.dimension ?? 0)),
      0,
    );
  }

  /** Measures what the catalogue needs: bucket counts, seeds, means and deviations. */
  static measure(options: ItemEncoderOptions, items: ItemTable): ItemEncoderStatistics {
    const sample = sampledOrdinals(items);
    const contentFields: HashedField[] = [];
    let offset = 0;
    const addField = (name: string, values: readonly string[]): void => {
      contentFields.push(hashedFieldFor(name, values, offset));
      offset += contentFields[contentFields.length - 1].bucketCount;
    };
    for (const { name, type } of options.definitions.filter(
      (each) => isCategory(each) || each.type === 'text',
    )) {
      if (type !== 'text') {
        const column = items.categoryColumn(name);
        addField(
          name,
          Array.from({ length: column.dictionarySize }, (_, code) => column.label(code)),
        );
        continue;
      }
      const vocabulary = wordsOf(items, name, sample);
      addField(name, vocabulary);
      if (options.characterTrigrams)
        addField(`${name}~`, [...new Set(vocabulary.flatMap((word) => characterTrigrams(word)))]);
    }
    const numberScales = options.definitions.filter(isNumber).map(({ name }) => {
      const values = Float64Array.from(sample, (ordinal) => items.number(name, ordinal));
      return numberScaleOf(
        name,
        values.filter((value) => !Number.isNaN(value)),
      );
    });
    return { contentFields, numberScales };
  }

  /** Embedding-bag rows below `contentRowCount`; the weights of each field sum to 1. Empty for an absent item. */
  content(items: ItemTable, ordinal: number): EmbeddingBag {
    const bag = new EmbeddingBagBuilder();
    for (const definition of this.options.definitions) {
      if (isCategory(definition)) this.addCategories(bag, items, definition.name, ordinal);
      else if (definition.type === 'text')
        this.addText(bag, definition.name, items.text(definition.name, ordinal));
    }
    return bag.build();
  }

  /** Writes `denseCount` values at `offset`: per number its standardised value and a missing flag; embeddings as they are. */
  writeDense(items: ItemTable, ordinal: number, out: Float32Array, offset: number): void {
    let at = offset;
    for (const definition of this.options.definitions) {
      if (isNumber(definition)) {
        const value = items.number(definition.name, ordinal);
        out[at] = this.standardiser(definition.name)(value);
        out[at + 1] = Number.isNaN(value) ? 1 : 0;
        at += 2;
      } else if (definition.type === 'embedding') {
        const vector = items.embedding(definition.name, ordinal);
        if (vector) out.set(vector, at);
        else out.fill(0, at, at + definition.dimension!);
        at += definition.dimension!;
      }
    }
  }

  /** Brings a number attribute's values to unit scale; a missing one (NaN) to 0. */
  standardiser(name: string): (value: number) => number {
    return this.standardisers.get(name) ?? NO_SCALE;
  }

  private addCategories(bag: EmbeddingBagBuilder, items: ItemTable, name: string, ordinal: number): void {
    const field = this.fields.get(name)!;
    const column = items.categoryColumn(name);
    bag.addMean(Array.from(column.codes(ordinal), (code) => hashedRow(field, column.label(code))));
  }

  private addText(bag: EmbeddingBagBuilder, name: string, text: string | null): void {
    if (text === null) return;
    const tokens = words(text);
    const field = this.fields.get(name)!;
    bag.addMean(tokens.map((word) => hashedRow(field, word)));
    if (!this.options.characterTrigrams) return;
    const trigramField = this.fields.get(`${name}~`)!;
    bag.addMean(tokens.flatMap(characterTrigrams).map((trigram) => hashedRow(trigramField, trigram)));
  }
}

function sampledOrdinals(items: ItemTable): Uint32Array {
  const stride = Math.max(1, Math.ceil(items.count / SAMPLED_ITEMS_MAX));
  const sample: number[] = [];
  let met = 0;
  for (let ordinal = 0; ordinal < items.ordinalLimit; ordinal += 1)
    if (items.has(ordinal) && met++ % stride === 0) sample.push(ordinal);
  return Uint32Array.from(sample);
}

function wordsOf(items: ItemTable, name: string, ordinals: Uint32Array): string[] {
  const vocabulary = new Set<string>();
  for (const ordinal of ordinals)
    for (const word of words(items.text(name, ordinal) ?? '')) vocabulary.add(word);
  return [...vocabulary];
}
