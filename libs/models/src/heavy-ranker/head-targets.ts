import type { HeadLossName } from '@winnow/domain';
import type { RankingExamples } from '../ranking-examples';
import type { HeadTarget } from './architectures/architecture';

const DEVIATION_MIN = 1e-3;

type Labels = Pick<RankingExamples, 'labels' | 'headCount'>;

/** What each head learns; a value's mean and deviation are those of its known labels. */
export const headTargets = (examples: Labels, losses: readonly HeadLossName[] | undefined): HeadTarget[] =>
  Array.from({ length: examples.headCount }, (_, head): HeadTarget => {
    const loss = losses?.[head] ?? 'log-loss';
    return loss === 'log-loss' ? { loss } : { loss, ...momentsOf(examples, head) };
  });

function momentsOf({ labels, headCount }: Labels, head: number): { mean: number; deviation: number } {
  let [count, sum, squares] = [0, 0, 0];
  for (let at = head; at < labels.length; at += headCount) {
    if (Number.isNaN(labels[at])) continue;
    count += 1;
    sum += labels[at];
    squares += labels[at] ** 2;
  }
  if (count === 0) return { mean: 0, deviation: 1 };
  const mean = sum / count;
  return { mean, deviation: Math.max(DEVIATION_MIN, Math.sqrt(Math.max(0, squares / count - mean * mean))) };
}

/** Where each head starts: at the logit of its share of positives, or at the mean of its values. */
export function baseLogits(
  { labels, headCount }: Labels,
  losses: readonly HeadLossName[] | undefined,
): Float32Array {
  const sums = new Float64Array(headCount);
  labels.forEach((label, index) => {
    sums[index % headCount] += label;
  });
  const rows = labels.length / headCount;
  return Float32Array.from(sums, (sum, head) =>
    (losses?.[head] ?? 'log-loss') === 'log-loss' ? Math.log((sum + 1) / (rows - sum + 1)) : 0,
  );
}
