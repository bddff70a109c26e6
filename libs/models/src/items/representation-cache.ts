import type { ContentSource } from '../content-source';
import type { ItemRepresentation } from './item-representation';

/** Items remembered by one cache: a few megabytes, and far more than the histories of any minute name. */
const CAPACITY = 32_768;

/** Where history slots and candidates get their representations from. */
export interface RepresentationReader {
  readonly dim: number;
  /** Handle of an item for {@link copyTo}. */
  indexOf(ordinal: number): number;
  /** `out[offset …] += representation`, [dim]. */
  copyTo(index: number, out: Float32Array, offset: number): void;
}

/**
 * Representations for serving, remembered until the item's content changes. Bounded: when full, the oldest entries
 * make room.
 */
export class RepresentationCache implements RepresentationReader {
  private readonly entries = new Map<number, { readonly version: number; readonly values: Float32Array }>();

  constructor(
    private readonly items: ItemRepresentation,
    private readonly source: ContentSource,
  ) {}

  get dim(): number {
    return this.items.dim;
  }

  indexOf(ordinal: number): number {
    return ordinal;
  }

  copyTo(ordinal: number, out: Float32Array, offset: number): void {
    const values = this.read(ordinal);
    for (let column = 0; column < values.length; column += 1) out[offset + column] += values[column];
  }

  /** [dim]; the cache's own array. */
  read(ordinal: number): Float32Array {
    const version = this.source.version(ordinal);
    const held = this.entries.get(ordinal);
    if (held?.version === version) return held.values;
    const values = new Float32Array(this.items.dim);
    this.items.write(ordinal, values, 0);
    if (!held && this.entries.size >= CAPACITY)
      for (const oldest of this.entries.keys()) {
        this.entries.delete(oldest);
        break;
      }
    this.entries.set(ordinal, { version, values });
    return values;
  }

  /** Forgets everything: the tables have changed. */
  clear(): void {
    this.entries.clear();
  }
}
