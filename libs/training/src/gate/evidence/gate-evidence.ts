import type { Description } from '@winnow/domain';
import type { BootstrapOptions } from '@winnow/evaluation';
import type { ItemTable, PointInTimeReplay } from '@winnow/features';
import type { GateEvidence, GateProbe } from '@winnow/reporting';
import type { RunFrame } from '../../frame';
import type { HoldoutCase } from '../../holdout';
import type { ShownFrame } from '../../shown/shown-frame';
import { presentOrdinals } from '../../towers';
import { headEvidence } from './head-evidence';
import { releaseComparison } from './release-comparison';
import type { AskedRelease } from './release-comparison';
import { differenceOf, measureSlates } from './ranking-evidence';
import { sliceEvidence } from './slice-evidence';

export interface GateEvidenceOptions {
  readonly k: number;
  readonly description: Description;
  readonly items: ItemTable;
  readonly frame: RunFrame;
  readonly shown: ShownFrame;
  readonly holdoutIndex: number;
  readonly cases: readonly HoldoutCase[];
  /** Advanced to the start of the slice. */
  readonly replay: PointInTimeReplay;
  readonly nowMs: number;
  readonly candidate: AskedRelease;
  readonly serving: AskedRelease | null;
  /** One per case, best first. */
  readonly popular: readonly Uint32Array[];
  readonly trending: readonly Uint32Array[];
  readonly indexRecall: number;
  readonly probes: readonly GateProbe[];
}

const DAY_MS = 86_400_000;
const BOOTSTRAP_SEED = 4;

/** Puts together what the gate decides by. O(users × resamples × (slices + heads)). */
export function gateEvidence(options: GateEvidenceOptions): GateEvidence {
  const { k, description, frame, items, cases, replay, nowMs, candidate, serving, holdoutIndex } = options;
  const { confidence } = description.retraining.gate;
  const bootstrap: BootstrapOptions = { seed: BOOTSTRAP_SEED, confidence };
  const relevant = cases.map((one) => new Set(one.relevant));
  const users = cases.map(({ user }) => user);
  const popularity = new Map(
    Array.from(presentOrdinals(items), (ordinal) => [ordinal, replay.counters.total(ordinal)]),
  );
  const measure = (rankings: readonly Uint32Array[]) =>
    measureSlates(rankings, { k, relevant, popularity, bootstrap });
  const own = measure(candidate.rankings);
  const theirs = serving && measure(serving.rankings);
  const [popular, trending] = [measure(options.popular), measure(options.trending)];
  const compared = releaseComparison(options);
  const wanted = compared.cases.map((index) => relevant[index]);
  const shared = { description, frame, bootstrap, users: compared.cases.map((index) => users[index]) };
  const measureCompared = (rankings: readonly Uint32Array[]) =>
    measureSlates(rankings, { k, relevant: wanted, popularity, bootstrap });
  return {
    ...{ k, userCount: cases.length, fromMs: nowMs },
    toMs: frame.events.timesMs[frame.events.count - 1] ?? nowMs,
    servingRelease: serving && serving.version,
    indexRecall: options.indexRecall,
    recommenders: {
      ...{ candidate: own.figures, popular: popular.figures, trending: trending.figures },
      serving: theirs && theirs.figures,
    },
    differences: [
      ...(compared.serving && compared.basis === 'shown'
        ? [
            differenceOf(
              { against: 'serving', basis: 'shown' },
              measureCompared(compared.candidate.rankings),
              measureCompared(compared.serving.rankings),
              bootstrap,
            ),
          ]
        : []),
      ...(theirs ? [differenceOf({ against: 'serving', basis: 'catalogue' }, own, theirs, bootstrap)] : []),
      differenceOf({ against: 'popular', basis: 'catalogue' }, own, popular, bootstrap),
      differenceOf({ against: 'trending', basis: 'catalogue' }, own, trending, bootstrap),
    ],
    heads: headEvidence({
      ...{ ...shared, holdoutIndex },
      candidate: compared.candidate,
      serving: compared.serving,
    }),
    agreement: { candidate: candidate.agreement, serving: serving && serving.agreement },
    slices: sliceEvidence({
      ...{ ...shared, k, items, relevant: wanted, popularity, confidence },
      candidate: compared.candidate.rankings,
      serving: compared.serving && compared.serving.rankings,
      interactionCount: (user) => replay.interactionCount(user),
      itemAgeDays: (ordinal) => Math.max(0, (nowMs - replay.counters.firstMs(ordinal)) / DAY_MS || 0),
    }),
    probes: options.probes,
  };
}
