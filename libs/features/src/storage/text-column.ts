import type { TensorFile } from '@winnow/domain';
import { RaggedColumn, type RaggedRows } from './ragged-column';
import { tensorOf } from './tensor-access';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Room for the UTF-8 bytes of one string; grows with the longest that was ever met. */
let scratch = new Uint8Array(1_024);

/** UTF-8 bytes of `text`; the view is overwritten by the next call. */
export function utf8Scratch(text: string): Uint8Array {
  // A UTF-16 code unit takes at most three bytes in UTF-8.
  if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 3);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

/** One string per ordinal as UTF-8 bytes in one pool: a tenth of the heap that strings would take. */
export class TextColumn {
  private readonly rows: RaggedColumn<Uint8Array>;

  constructor(rows?: RaggedRows<Uint8Array>) {
    this.rows = new RaggedColumn(Uint8Array, rows);
  }

  /** Null where nothing, or the empty string, was set. */
  get(ordinal: number): string | null {
    return this.rows.length(ordinal) === 0 ? null : decoder.decode(this.rows.row(ordinal));
  }

  /** The string's UTF-8 bytes; valid until the next `set`. */
  bytes(ordinal: number): Uint8Array {
    return this.rows.row(ordinal);
  }

  set(ordinal: number, text: string | null): void {
    this.rows.set(ordinal, text === null ? [] : utf8Scratch(text));
  }

  snapshot(ordinalLimit: number): RaggedRows<Uint8Array> {
    return this.rows.snapshot(ordinalLimit);
  }

  toTensors(name: string, ordinalLimit: number): TensorFile['tensors'] {
    const { offsets, values } = this.snapshot(ordinalLimit);
    return {
      [`${name}.offsets`]: { shape: [offsets.length], data: offsets },
      [`${name}.bytes`]: { shape: [values.length], data: values },
    };
  }

  static fromTensors(file: TensorFile, name: string): TextColumn {
    return new TextColumn({
      offsets: tensorOf(file, `${name}.offsets`, Uint32Array),
      values: tensorOf(file, `${name}.bytes`, Uint8Array),
    });
  }
}
