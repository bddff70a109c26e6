import type { Description } from '@winnow/domain';
import type { ItemTable } from '@winnow/features';
import type { GateDifference } from '@winnow/reporting';
import type { RunFrame } from '../../frame';
import type { HoldoutCase } from '../../holdout';
import type { ShownFrame } from '../../shown/shown-frame';
import type { AskedUser, RankedItems } from './asked-ranker';
import type { PredictingRelease } from './head-evidence';
import { shownItems, tellingCases } from './shown-items';

/** One release, asked for every held-out user. */
export interface AskedRelease {
  readonly version: string | null;
  /** In the order of its predictions. */
  readonly heads: readonly string[];
  /** One per case. */
  readonly asked: readonly AskedUser[];
  /** One per case, best first. */
  readonly rankings: readonly Uint32Array[];
  readonly agreement: number | null;
}

/** One side of a comparison. */
interface ComparedRelease extends PredictingRelease {
  /** One per case that is compared, best first. */
  readonly rankings: readonly Uint32Array[];
}

/** Two releases asked the same. */
export interface ReleaseComparison {
  readonly basis: GateDifference['basis'];
  /** Indexes of the cases that are compared. */
  readonly cases: readonly number[];
  readonly candidate: ComparedRelease;
  readonly serving: ComparedRelease | null;
}

/**
 * By what two releases are compared. Where the log says what users were shown and left, by the order of that: what was
 * taken could only be taken because the serving release had shown it. Else, and where nothing serves, by the catalogue.
 */
export function releaseComparison(options: {
  readonly description: Description;
  readonly frame: RunFrame;
  readonly shown: ShownFrame;
  readonly items: ItemTable;
  readonly holdoutIndex: number;
  readonly cases: readonly HoldoutCase[];
  readonly candidate: AskedRelease;
  readonly serving: AskedRelease | null;
}): ReleaseComparison {
  const { description, cases, candidate, serving } = options;
  const telling = tellingCases(cases, shownItems(cases, options));
  const known = serving !== null && telling.length >= description.retraining.gate.userCountMin;
  const side = (release: AskedRelease): ComparedRelease =>
    known ? byShown(release, telling) : byCatalogue(release);
  return {
    basis: known ? 'shown' : 'catalogue',
    cases: known ? telling : cases.map((_, index) => index),
    candidate: side(candidate),
    serving: serving && side(serving),
  };
}

const byCatalogue = ({ heads, rankings, asked }: AskedRelease): ComparedRelease => ({
  ...{ heads, rankings },
  scored: asked.map(({ candidates }) => candidates),
});

const byShown = ({ heads, asked }: AskedRelease, cases: readonly number[]): ComparedRelease => {
  const scored = cases.map((index) => asked[index].shown);
  return { heads, scored, rankings: scored.map(bestFirst) };
};

function bestFirst({ ordinals, scores }: RankedItems): Uint32Array {
  const order = Uint32Array.from(ordinals, (_, row) => row).sort(
    (left, right) => scores[right] - scores[left] || left - right,
  );
  return order.map((row) => ordinals[row]);
}
