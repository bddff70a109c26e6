import type { GateThreshold } from '@winnow/domain';
import { decisive, figure, limitCheck, NOTHING_SERVES, percent, unlessOff, unmeasured } from '../gate-check';
import type { Check } from '../gate-check';

/** What the next release serves must be as good, for the same users, as what serves now. */
export const servingReleaseCheck: Check = ({ differences }, { retraining }) => {
  const { gate, ndcgDropMax } = retraining;
  const difference = differences.find(({ against }) => against === 'serving');
  const compared: readonly { metric: 'ndcg' | 'recall'; title: string; dropMax: GateThreshold }[] = [
    { metric: 'ndcg', title: 'NDCG@20', dropMax: ndcgDropMax },
    { metric: 'recall', title: 'recall@20', dropMax: gate.serving.recallDropMax },
  ];
  return compared.map(({ metric, title, dropMax: threshold }) => {
    const where = difference?.basis === 'shown' ? ', on what was shown' : '';
    const named = { topic: 'serving release', name: `${title} against the serving release${where}` } as const;
    return unlessOff(named, threshold, (dropMax) => {
      if (!difference) return unmeasured(named, NOTHING_SERVES);
      if (difference.basis === 'shown' && metric === 'recall')
        return unmeasured(named, 'all that was shown fits into one list');
      const [own, theirs] = [difference.candidate[metric], difference.other[metric]];
      return limitCheck({
        ...named,
        measured: decisive(difference[metric], gate.serving.decideBy),
        interval: difference[metric],
        required: -dropMax * theirs,
        bound: 'at-least',
        refusal: `${title} ${figure(own)}${where ? `${where},` : ''} is more than ${percent(dropMax)} below the serving release's ${figure(theirs)}`,
      });
    });
  });
};
