import type { TensorFile } from '@winnow/domain';
import { RaggedColumn, type RaggedRows } from './ragged-column';
import { tensorOf } from './tensor-access';

/**
 * Category values per ordinal as dictionary codes. The dictionary grows as values arrive and never forgets,
 * so a code means the same value for as long as the process lives, and in every file written from it.
 */
export class CategoryColumn {
  private readonly codesByLabel = new Map<string, number>();
  private readonly rows: RaggedColumn<Uint32Array>;

  constructor(
    private readonly labels: string[] = [],
    rows?: RaggedRows<Uint32Array>,
  ) {
    this.rows = new RaggedColumn(Uint32Array, rows);
    labels.forEach((label, code) => this.codesByLabel.set(label, code));
  }

  /** How many different values there have been; codes are below it. */
  get dictionarySize(): number {
    return this.labels.length;
  }

  label(code: number): string {
    return this.labels[code];
  }

  /** Null for a value that no item has had. */
  codeOf(label: string): number | null {
    return this.codesByLabel.get(label) ?? null;
  }

  /** A view of the ordinal's codes; valid until the next `set`. */
  codes(ordinal: number): Uint32Array {
    return this.rows.row(ordinal);
  }

  /** For loops that must not allocate: the ordinal's codes are `pool[start .. start + length)`. */
  get pool(): Uint32Array {
    return this.rows.pool;
  }

  start(ordinal: number): number {
    return this.rows.start(ordinal);
  }

  length(ordinal: number): number {
    return this.rows.length(ordinal);
  }

  set(ordinal: number, values: readonly string[]): void {
    this.rows.set(
      ordinal,
      values.map((value) => this.intern(value)),
    );
  }

  toTensors(name: string, ordinalLimit: number): TensorFile['tensors'] {
    const { offsets, values } = this.rows.snapshot(ordinalLimit);
    const dictionary = new TextEncoder().encode(JSON.stringify(this.labels));
    return {
      [`${name}.offsets`]: { shape: [offsets.length], data: offsets },
      [`${name}.codes`]: { shape: [values.length], data: values },
      [`${name}.dictionary`]: { shape: [dictionary.length], data: dictionary },
    };
  }

  static fromTensors(file: TensorFile, name: string): CategoryColumn {
    const dictionary = new TextDecoder().decode(tensorOf(file, `${name}.dictionary`, Uint8Array));
    return new CategoryColumn(JSON.parse(dictionary) as string[], {
      offsets: tensorOf(file, `${name}.offsets`, Uint32Array),
      values: tensorOf(file, `${name}.codes`, Uint32Array),
    });
  }

  private intern(label: string): number {
    const known = this.codesByLabel.get(label);
    if (known !== undefined) return known;
    const code = this.labels.push(label) - 1;
    this.codesByLabel.set(label, code);
    return code;
  }
}
