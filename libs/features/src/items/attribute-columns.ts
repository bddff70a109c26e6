import { invariant, type AttributeDefinition, type AttributeValue, type TensorFile } from '@winnow/domain';
import { CategoryColumn } from '../storage/category-column';
import { OrdinalColumn } from '../storage/ordinal-column';
import { tensorOf } from '../storage/tensor-access';
import { TextColumn } from '../storage/text-column';

const tensorName = (name: string): string => `attribute.${name}`;

type NumberColumn = OrdinalColumn<Float64Array>;
type EmbeddingColumn = OrdinalColumn<Float32Array>;

function found<T>(column: T | undefined, name: string, type: string): T {
  invariant(column !== undefined, `no ${type} attribute is called ${name}`);
  return column;
}

/** One typed column per defined attribute. */
export class AttributeColumns {
  private readonly texts = new Map<string, TextColumn>();
  private readonly categories = new Map<string, CategoryColumn>();
  private readonly numbers = new Map<string, NumberColumn>();
  private readonly embeddings = new Map<string, EmbeddingColumn>();

  constructor(
    private readonly definitions: readonly AttributeDefinition[],
    file?: TensorFile,
  ) {
    for (const definition of definitions) this.open(definition, file);
  }

  static fromTensors(definitions: readonly AttributeDefinition[], file: TensorFile): AttributeColumns {
    return new AttributeColumns(definitions, file);
  }

  text(name: string): TextColumn {
    return found(this.texts.get(name), name, 'text');
  }

  category(name: string): CategoryColumn {
    return found(this.categories.get(name), name, 'category or categories');
  }

  number(name: string): NumberColumn {
    return found(this.numbers.get(name), name, 'number or timestamp');
  }

  embedding(name: string, ordinal: number): Float32Array | null {
    const { data, width } = found(this.embeddings.get(name), name, 'embedding');
    const start = ordinal * width;
    // An embedding is finite, so one NaN marks an absent one.
    return start >= data.length || Number.isNaN(data[start]) ? null : data.subarray(start, start + width);
  }

  /** Every value has been checked against its definition. */
  write(ordinal: number, valueOf: (definition: AttributeDefinition) => AttributeValue): void {
    for (const definition of this.definitions) {
      const value = valueOf(definition);
      const { name } = definition;
      if (definition.type === 'text') this.text(name).set(ordinal, value as string | null);
      else if (definition.type === 'category')
        this.category(name).set(ordinal, value === null ? [] : [value as string]);
      else if (definition.type === 'categories')
        this.category(name).set(ordinal, (value ?? []) as readonly string[]);
      else if (definition.type === 'embedding')
        this.writeEmbedding(name, ordinal, value as readonly number[] | null);
      else {
        const column = this.number(name);
        column.reserve(ordinal + 1);
        column.data[ordinal] = (value as number | null) ?? NaN;
      }
    }
  }

  read(ordinal: number): Record<string, AttributeValue> {
    const attributes: Record<string, AttributeValue> = {};
    for (const definition of this.definitions) {
      const value = this.readOne(definition, ordinal);
      if (value !== null) attributes[definition.name] = value;
    }
    return attributes;
  }

  toTensors(ordinalLimit: number): TensorFile['tensors'] {
    const tensors: Record<string, TensorFile['tensors'][string]> = {};
    for (const [name, column] of this.texts)
      Object.assign(tensors, column.toTensors(tensorName(name), ordinalLimit));
    for (const [name, column] of this.categories)
      Object.assign(tensors, column.toTensors(tensorName(name), ordinalLimit));
    for (const [name, column] of this.numbers)
      tensors[tensorName(name)] = { shape: [ordinalLimit], data: column.snapshot(ordinalLimit) };
    for (const [name, column] of this.embeddings)
      tensors[tensorName(name)] = {
        shape: [ordinalLimit, column.width],
        data: column.snapshot(ordinalLimit),
      };
    return tensors;
  }

  private open({ name, type, dimension }: AttributeDefinition, file?: TensorFile): void {
    const tensor = tensorName(name);
    switch (type) {
      case 'text':
        this.texts.set(name, file ? TextColumn.fromTensors(file, tensor) : new TextColumn());
        return;
      case 'category':
      case 'categories':
        this.categories.set(name, file ? CategoryColumn.fromTensors(file, tensor) : new CategoryColumn());
        return;
      case 'number':
      case 'timestamp': {
        const data = file && tensorOf(file, tensor, Float64Array);
        this.numbers.set(name, new OrdinalColumn({ type: Float64Array, absent: NaN, data }));
        return;
      }
      case 'embedding': {
        invariant(dimension !== undefined && dimension > 0, `embedding ${name} has no dimension`);
        const data = file && tensorOf(file, tensor, Float32Array);
        this.embeddings.set(
          name,
          new OrdinalColumn({ type: Float32Array, absent: NaN, width: dimension, data }),
        );
      }
    }
  }

  private readOne({ name, type }: AttributeDefinition, ordinal: number): AttributeValue {
    if (type === 'text') return this.text(name).get(ordinal);
    if (type === 'number' || type === 'timestamp') {
      const value = this.number(name).at(ordinal);
      return Number.isNaN(value) ? null : value;
    }
    if (type === 'embedding') {
      const vector = this.embedding(name, ordinal);
      return vector && Array.from(vector);
    }
    const column = this.category(name);
    const labels = Array.from(column.codes(ordinal), (code) => column.label(code));
    if (labels.length === 0) return null;
    return type === 'category' ? labels[0] : labels;
  }

  private writeEmbedding(name: string, ordinal: number, vector: readonly number[] | null): void {
    const column = found(this.embeddings.get(name), name, 'embedding');
    column.reserve(ordinal + 1);
    if (vector) column.data.set(vector, ordinal * column.width);
    else column.data.fill(NaN, ordinal * column.width, (ordinal + 1) * column.width);
  }
}
