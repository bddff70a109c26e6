import type { TokenBlock } from '@winnow/tensor';

/**
 * How the tokens of several sequences follow each other in a batch: one sequence after another, or the first tokens of
 * all sequences, then the second ones, and so on (what a recurrent network walks over).
 */
export type TokenOrder = 'sequence-major' | 'time-major';

/** Where every token of a batch of sequences stands; no token is padding. */
export interface TokenLayout {
  readonly tokenCount: number;
  /** Which sequence of the batch a token belongs to, [tokens]. */
  readonly sequences: Uint32Array;
  /** Its place in that sequence, from 0, [tokens]. */
  readonly positions: Uint32Array;
  /** The token that ends each sequence, [sequences]. */
  readonly lastTokens: Uint32Array;
  /** Sequence-major: runs of whole sequences that cover all tokens in order. Empty when time-major. */
  readonly blocks: readonly TokenBlock[];
  /** Time-major: how many sequences have a token at each time, descending. Empty when sequence-major. */
  readonly stepSizes: Uint32Array;
}

/** Tokens that a block holds at least when there are enough short sequences: small products are slow ones. */
const BLOCK_SIZE = 96;

/**
 * Lays out sequences of the given lengths, each at least 1. Sequences are packed into blocks by first fit, longest first
 * (at most 11/9 of the fewest blocks possible). O(sequences · blocks + tokens).
 */
export function layoutTokens(lengths: ArrayLike<number>, order: TokenOrder): TokenLayout {
  const byLength = Uint32Array.from({ length: lengths.length }, (_, sequence) => sequence).sort(
    (left, right) => lengths[right] - lengths[left] || left - right,
  );
  return order === 'time-major' ? timeMajor(lengths, byLength) : sequenceMajor(lengths, byLength);
}

function emptyLayout(lengths: ArrayLike<number>) {
  let tokenCount = 0;
  for (let sequence = 0; sequence < lengths.length; sequence += 1) tokenCount += lengths[sequence];
  return {
    tokenCount,
    sequences: new Uint32Array(tokenCount),
    positions: new Uint32Array(tokenCount),
    lastTokens: new Uint32Array(lengths.length),
  };
}

function sequenceMajor(lengths: ArrayLike<number>, byLength: Uint32Array): TokenLayout {
  const layout = emptyLayout(lengths);
  const blocks: TokenBlock[] = [];
  let token = 0;
  for (const members of pack(lengths, byLength)) {
    const from = token;
    const starts: number[] = [];
    for (const sequence of members) {
      starts.push(token - from);
      for (let position = 0; position < lengths[sequence]; position += 1, token += 1) {
        layout.sequences[token] = sequence;
        layout.positions[token] = position;
      }
      layout.lastTokens[sequence] = token - 1;
    }
    blocks.push({ from, to: token, starts });
  }
  return { ...layout, blocks, stepSizes: new Uint32Array(0) };
}

/** First fit decreasing into blocks of {@link BLOCK_SIZE}; a longer sequence has a block to itself. */
function pack(lengths: ArrayLike<number>, byLength: Uint32Array): number[][] {
  const blocks: { room: number; members: number[] }[] = [];
  let firstOpen = 0;
  for (const sequence of byLength) {
    const length = lengths[sequence];
    let at = firstOpen;
    while (at < blocks.length && blocks[at].room < length) at += 1;
    if (at === blocks.length) blocks.push({ room: Math.max(BLOCK_SIZE, length), members: [] });
    blocks[at].members.push(sequence);
    blocks[at].room -= length;
    while (firstOpen < blocks.length && blocks[firstOpen].room === 0) firstOpen += 1;
  }
  return blocks.map(({ members }) => members);
}

function timeMajor(lengths: ArrayLike<number>, byLength: Uint32Array): TokenLayout {
  const layout = emptyLayout(lengths);
  const longest = byLength.length > 0 ? lengths[byLength[0]] : 0;
  const stepSizes = new Uint32Array(longest);
  let token = 0;
  for (let position = 0; position < longest; position += 1)
    for (const sequence of byLength) {
      if (lengths[sequence] <= position) break;
      layout.sequences[token] = sequence;
      layout.positions[token] = position;
      layout.lastTokens[sequence] = token;
      stepSizes[position] += 1;
      token += 1;
    }
  return { ...layout, blocks: [], stepSizes };
}
