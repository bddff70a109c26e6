import { itemId, ordinal as toOrdinal, type ItemId, type Ordinal, type TensorFile } from '@winnow/domain';
import { OrdinalColumn } from '../storage/ordinal-column';
import { TextColumn, utf8Scratch } from '../storage/text-column';

const SLOTS_MIN = 64;

/** FNV-1a over bytes with one avalanche round. */
function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index += 1) hash = Math.imul(hash ^ bytes[index], 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) if (left[index] !== right[index]) return false;
  return true;
}

/**
 * Item id ↔ ordinal, both ways. Ids lie as bytes in a pool, the way back is an open-addressing table with
 * linear probing and backward-shift deletion: about 20 bytes an item beside the id's own bytes.
 */
export class ItemIdIndex {
  private readonly hashes = new OrdinalColumn({ type: Uint32Array, absent: 0 });
  /** Ordinal + 1; 0 is a free slot. The length is a power of two, at most half full. */
  private slots: Uint32Array;
  private entries = 0;

  private constructor(private readonly ids: TextColumn) {
    this.slots = new Uint32Array(SLOTS_MIN);
  }

  static empty(): ItemIdIndex {
    return new ItemIdIndex(new TextColumn());
  }

  /** Rows of absent ordinals are empty. O(ordinals). */
  static fromTensors(file: TensorFile, name: string, ordinalLimit: number): ItemIdIndex {
    const index = new ItemIdIndex(TextColumn.fromTensors(file, name));
    index.hashes.reserve(ordinalLimit);
    let slotCount = SLOTS_MIN;
    while (slotCount < ordinalLimit * 2) slotCount *= 2;
    index.slots = new Uint32Array(slotCount);
    for (let ordinal = 0; ordinal < ordinalLimit; ordinal += 1) {
      const bytes = index.ids.bytes(ordinal);
      if (bytes.length > 0) index.insert(ordinal, hashBytes(bytes));
    }
    return index;
  }

  toTensors(name: string, ordinalLimit: number): TensorFile['tensors'] {
    return this.ids.toTensors(name, ordinalLimit);
  }

  idOf(ordinal: number): ItemId | null {
    const id = this.ids.get(ordinal);
    return id === null ? null : itemId(id);
  }

  ordinalOf(id: string): Ordinal | null {
    const slot = this.slotOf(utf8Scratch(id));
    return slot === null ? null : toOrdinal(this.slots[slot] - 1);
  }

  /** The ordinal must hold no id, and no other ordinal this one. */
  set(ordinal: number, id: string): void {
    this.hashes.reserve(ordinal + 1);
    this.ids.set(ordinal, id);
    if ((this.entries + 1) * 2 > this.slots.length) this.rehash();
    this.insert(ordinal, hashBytes(this.ids.bytes(ordinal)));
  }

  delete(ordinal: number): void {
    const slot = this.slotOf(this.ids.bytes(ordinal));
    if (slot === null) return;
    this.ids.set(ordinal, null);
    this.entries -= 1;
    this.closeGap(slot);
  }

  private insert(ordinal: number, hash: number): void {
    const mask = this.slots.length - 1;
    let slot = hash & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = ordinal + 1;
    this.hashes.data[ordinal] = hash;
    this.entries += 1;
  }

  private slotOf(bytes: Uint8Array): number | null {
    if (bytes.length === 0) return null;
    const hash = hashBytes(bytes);
    const mask = this.slots.length - 1;
    for (let slot = hash & mask; this.slots[slot] !== 0; slot = (slot + 1) & mask) {
      const ordinal = this.slots[slot] - 1;
      if (this.hashes.data[ordinal] === hash && sameBytes(this.ids.bytes(ordinal), bytes)) return slot;
    }
    return null;
  }

  /** Pulls back the entries that probing had pushed past the freed slot, so that no search ends early. */
  private closeGap(freed: number): void {
    const mask = this.slots.length - 1;
    let gap = freed;
    for (let slot = (gap + 1) & mask; this.slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.hashes.data[this.slots[slot] - 1] & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      this.slots[gap] = this.slots[slot];
      gap = slot;
    }
    this.slots[gap] = 0;
  }

  private rehash(): void {
    const old = this.slots;
    this.slots = new Uint32Array(old.length * 2);
    this.entries = 0;
    for (const entry of old) if (entry !== 0) this.insert(entry - 1, this.hashes.data[entry - 1]);
  }
}
