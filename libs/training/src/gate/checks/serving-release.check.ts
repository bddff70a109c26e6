import type { GateThreshold } from '@winnow/domain';
import type { GateCheck, GateEvidence } from '@winnow/reporting';
import { decisive, figure, limitCheck, NOTHING_SERVES, percent, unlessOff, unmeasured } from '../gate-check';
import type { Check, GateSettings } from '../gate-check';

/** What the next release serves must be as good, for the same users, as what serves now. */
export const servingReleaseCheck: Check = (evidence, settings) => [
  ...comparedChecks(evidence, settings),
  ...wholeCatalogueChecks(evidence, settings),
];

function comparedChecks({ differences }: GateEvidence, { retraining }: GateSettings): GateCheck[] {
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
}

/**
 * Where the order of what was shown decides, a coarse limit on what is found in the whole catalogue: a release that has
 * learnt nothing orders a few shown items as well as chance does, which few users cannot tell from a little worse.
 */
function wholeCatalogueChecks({ differences }: GateEvidence, { retraining }: GateSettings): GateCheck[] {
  const ofServing = differences.filter(({ against }) => against === 'serving');
  const difference = ofServing.find(({ basis }) => basis === 'catalogue');
  if (!difference || ofServing.length < 2) return [];
  const { serving } = retraining.gate;
  const named = {
    topic: 'serving release',
    name: 'NDCG@20 against the serving release, over the whole catalogue',
  } as const;
  return [
    unlessOff(named, serving.catalogueNdcgDropMax, (dropMax) =>
      limitCheck({
        ...named,
        measured: decisive(difference.ndcg, serving.decideBy),
        interval: difference.ndcg,
        required: -dropMax * difference.other.ndcg,
        bound: 'at-least',
        refusal: `NDCG@20 over the whole catalogue, ${figure(difference.candidate.ndcg)}, is more than ${percent(dropMax)} below the serving release's ${figure(difference.other.ndcg)}`,
      }),
    ),
  ];
}
