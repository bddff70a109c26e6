/** Ranks from 0, ties sharing their mean. O(n log n). */
function ranksOf(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, index) => index).sort(
    (left, right) => values[left] - values[right],
  );
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]] === values[order[from]]) to += 1;
    for (let place = from; place < to; place += 1) ranks[order[place]] = (from + to - 1) / 2;
    from = to;
  }
  return ranks;
}

/** Pearson's correlation of ranks (Spearman, 1904), in [−1, 1]; 0 when one side never changes. */
export function rankCorrelation(left: Float64Array, right: Float64Array): number {
  const [x, y] = [ranksOf(left), ranksOf(right)];
  const mean = (x.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let index = 0; index < x.length; index += 1) {
    xy += (x[index] - mean) * (y[index] - mean);
    xx += (x[index] - mean) ** 2;
    yy += (y[index] - mean) ** 2;
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy);
}

/**
 * Share of the variance of `values` that groups explain (the correlation ratio η², Pearson 1905), in [0, 1]: 1 when
 * the group says the value.
 */
export function correlationRatio(groups: Float64Array, values: Float64Array): number {
  const sums = new Map<number, { sum: number; count: number }>();
  let total = 0;
  for (let index = 0; index < values.length; index += 1) {
    const group = sums.get(groups[index]) ?? { sum: 0, count: 0 };
    group.sum += values[index];
    group.count += 1;
    sums.set(groups[index], group);
    total += values[index];
  }
  const mean = total / values.length;
  const all = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  let between = 0;
  for (const { sum, count } of sums.values()) between += count * (sum / count - mean) ** 2;
  return all === 0 ? 0 : between / all;
}
