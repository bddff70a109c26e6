import type { Exploration, EventLogReader, SlateLogReader } from '@winnow/domain';
import {
  crossFittedRewards,
  LoggedDecisionsBuilder,
  offPolicyReport,
  policyProbabilities,
  scaledScores,
  type OffPolicyReport,
} from '@winnow/evaluation';
import { parsePolicy } from './parse-policy';

/** What to estimate, and the logs to estimate it from. */
export interface OffPolicyRequest {
  readonly slateLog: Pick<SlateLogReader, 'stream'>;
  readonly eventLog: Pick<EventLogReader, 'streamEvents'>;
  readonly surface: string;
  /** A reward is 1 where the drawn item had such an event on its slate, else 0. */
  readonly eventType: string;
  /** As `parsePolicy` reads them. */
  readonly policies: readonly string[];
}

/** The estimates of one policy, by the name that it was asked for. */
export interface PolicyReport {
  readonly policy: string;
  readonly report: OffPolicyReport;
}

interface Decision {
  readonly key: string;
  readonly userId: string;
  readonly position: number;
  readonly drawn: number;
  readonly exploration: Exploration;
}

/** What the positions that served slates left to chance say of other policies. O(slates + events). */
export async function readOffPolicy(request: OffPolicyRequest): Promise<readonly PolicyReport[]> {
  const wanted = request.policies.map((name) => ({ name, policy: parsePolicy(name) }));
  const decisions = await readDecisions(request);
  const rewarded = await rewardedOf(request, new Set(decisions.map(({ key }) => key)));
  const builder = new LoggedDecisionsBuilder();
  for (const { key, userId, drawn, exploration } of decisions)
    builder.add({
      propensities: exploration.propensities,
      chosen: drawn,
      reward: Number(rewarded.has(key)),
      cluster: userId,
    });
  const log = builder.build();
  const predictions = crossFittedRewards(log, featuresOf(decisions));
  return wanted.map(({ name, policy }) => ({
    policy: name,
    report: offPolicyReport({
      log,
      predictions,
      policy: joined(decisions.map(({ exploration }) => policyProbabilities(policy, exploration.scores))),
    }),
  }));
}

const keyOf = (slateId: string, ordinal: number): string => `${slateId}/${ordinal}`;

async function readDecisions({ slateLog, surface }: OffPolicyRequest): Promise<readonly Decision[]> {
  const decisions: Decision[] = [];
  for await (const slates of slateLog.stream())
    for (const { slateId, userId, surface: served, items } of slates) {
      if (served !== surface) continue;
      for (const { ordinal, position, exploration } of items) {
        if (exploration === undefined) continue;
        const drawn = exploration.ordinals.indexOf(ordinal);
        decisions.push({ key: keyOf(slateId, ordinal), userId, position, drawn, exploration });
      }
    }
  return decisions;
}

async function rewardedOf(
  { eventLog, eventType }: OffPolicyRequest,
  known: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const rewarded = new Set<string>();
  for await (const events of eventLog.streamEvents())
    for (const event of events) {
      if (event.eventType !== eventType || event.slateId === undefined) continue;
      const key = keyOf(event.slateId, event.ordinal);
      if (known.has(key)) rewarded.add(key);
    }
  return rewarded;
}

/** Of each option: its score, its score among the others, how far down it stood, and the position at stake. */
const featuresOf = (decisions: readonly Decision[]): Float64Array =>
  joined(
    decisions.map(({ exploration: { scores }, position }) => {
      const scaled = scaledScores(scores);
      return Float64Array.from(
        scores.flatMap((score, option) => [
          score,
          scaled[option],
          option / scores.length,
          1 / (1 + position),
        ]),
      );
    }),
  );

function joined(columns: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const column of columns) {
    all.set(column, at);
    at += column.length;
  }
  return all;
}
