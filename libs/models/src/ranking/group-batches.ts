import { shuffle } from '@winnow/domain';
import type { Random } from '@winnow/domain';
import type { RankingExamples } from '../ranking-examples';

/** Query indices in random order, cut into batches of about `rowCount` candidates; a group is never split. */
export function groupBatches(
  examples: Pick<RankingExamples, 'groupOffsets'>,
  { queries, rowCount, random }: { queries: ArrayLike<number>; rowCount: number; random: Random },
): Uint32Array[] {
  const order = shuffle(Uint32Array.from(queries), random);
  const batches: Uint32Array[] = [];
  let from = 0;
  let rows = 0;
  order.forEach((query, index) => {
    const size = examples.groupOffsets[query + 1] - examples.groupOffsets[query];
    if (rows > 0 && rows + size > rowCount) {
      batches.push(order.subarray(from, index));
      from = index;
      rows = 0;
    }
    rows += size;
  });
  if (from < order.length) batches.push(order.subarray(from));
  return batches;
}

/** Length of the longest group among these queries. */
export const longestGroup = (
  { groupOffsets }: Pick<RankingExamples, 'groupOffsets'>,
  queries: ArrayLike<number>,
): number =>
  Array.from(queries).reduce(
    (most, query) => Math.max(most, groupOffsets[query + 1] - groupOffsets[query]),
    0,
  );

/** Splits queries into those to train on and the newest ones, by `nowMs`, to validate on. */
export function splitByTime(
  examples: RankingExamples,
  validationShare: number,
): { train: Uint32Array; validation: Uint32Array } {
  const order = Uint32Array.from({ length: examples.queryCount }, (_, query) => query).sort(
    (left, right) => examples.nowMs[left] - examples.nowMs[right] || left - right,
  );
  const cut = Math.floor(order.length * (1 - validationShare));
  return { train: order.slice(0, cut), validation: order.slice(cut) };
}
