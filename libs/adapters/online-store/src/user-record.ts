import { ordinal, type Interaction } from '@winnow/domain';

/** One packed interaction: f64 time, u32 ordinal, u8 event type, f64 value; little endian. Lua knows the size, too. */
export const INTERACTION_BYTES = 21;
export const SEEN_BYTES = 4;

export function packInteraction({ timeMs, ordinal: item, eventType, value }: Interaction): Buffer {
  const record = Buffer.allocUnsafe(INTERACTION_BYTES);
  record.writeDoubleLE(timeMs, 0);
  record.writeUInt32LE(item, 8);
  record.writeUInt8(eventType, 12);
  record.writeDoubleLE(value, 13);
  return record;
}

export function unpackInteractions(packed: Buffer): Interaction[] {
  const interactions: Interaction[] = [];
  for (let at = 0; at + INTERACTION_BYTES <= packed.length; at += INTERACTION_BYTES)
    interactions.push({
      timeMs: packed.readDoubleLE(at),
      ordinal: ordinal(packed.readUInt32LE(at + 8)),
      eventType: packed.readUInt8(at + 12),
      value: packed.readDoubleLE(at + 13),
    });
  return interactions;
}

export function packSeen(item: number): Buffer {
  const record = Buffer.allocUnsafe(SEEN_BYTES);
  record.writeUInt32LE(item, 0);
  return record;
}

/** Copies, because a Buffer from the socket need not be aligned to four bytes. */
export function unpackSeen(packed: Buffer): Uint32Array {
  const seen = new Uint32Array(Math.floor(packed.length / SEEN_BYTES));
  for (let index = 0; index < seen.length; index += 1) seen[index] = packed.readUInt32LE(index * SEEN_BYTES);
  return seen;
}
