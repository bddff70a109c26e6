import type { EvaluationCase, InteractionLog } from '@winnow/evaluation';
import type { RankingTask } from '../ranking-task';
import { heldOutTask } from './held-out-task';

const KS = [10, 20];
const K = 20;

/** LightGCN's protocol: everybody's training items are known, the published test items are looked for among all others. */
export function publishedSplitTask(train: InteractionLog, test: InteractionLog): RankingTask {
  const pasts = itemsByUser(train);
  const cases = [...itemsByUser(test)].map(([user, relevant]): EvaluationCase => {
    const history = Uint32Array.from(pasts.get(user) ?? []);
    return {
      user,
      history,
      historyTimesMs: Float64Array.from(history, (_, place) => place),
      relevant: Uint32Array.from(new Set(relevant)),
    };
  });
  return heldOutTask({
    question: 'rank all items but those of training; relevant are the published test items of the user',
    train,
    cases,
    ks: KS,
    k: K,
  });
}

function itemsByUser(log: InteractionLog): Map<number, number[]> {
  const items = new Map<number, number[]>();
  log.users.forEach((user, index) => {
    const own = items.get(user);
    if (own) own.push(log.ordinals[index]);
    else items.set(user, [log.ordinals[index]]);
  });
  return items;
}
