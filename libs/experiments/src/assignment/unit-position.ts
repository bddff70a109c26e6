import { createHash } from 'node:crypto';

/** Bytes of the digest that make the position: all that a double holds exactly, nearly. */
const POSITION_BYTES = 6;
const POSITION_COUNT = 2 ** (8 * POSITION_BYTES);

/**
 * Where a unit stands in [0, 1) under a salt: the first six bytes of SHA-256 of `salt/unit` as a big-endian fraction.
 * Uniform over units, and of different salts independent, so that layers do not lean on each other; any language can
 * compute the same.
 */
export const unitPosition = (salt: string, unit: string): number =>
  createHash('sha256').update(`${salt}/${unit}`).digest().readUIntBE(0, POSITION_BYTES) / POSITION_COUNT;
