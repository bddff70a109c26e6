import { ExactIndex } from '@winnow/ann-index';
import { startBackend } from '@winnow/tensor';
import { beforeAll, expect, it } from 'vitest';
import { evaluateGlobalTime } from './protocols/global-time';
import { smallWorld } from './protocols/small-world.fixture';
import type { FunnelLossReport } from './funnel-loss';

beforeAll(() => startBackend({ forced: 'wasm' }));

/** The same world and seed; what the candidate sources may bring is all that differs. */
async function lossesWith(quota: number): Promise<{ losses: FunnelLossReport; recall: number }> {
  const world = await smallWorld();
  const surfaces = world.description.surfaces.map((surface) => ({
    ...surface,
    sources: surface.sources.map((source) => ({ ...source, quota })),
  }));
  const { losses, rows } = await evaluateGlobalTime({
    ...{ ...world, description: { ...world.description, surfaces } },
    exactIndexOf: (vectors, dimension) => ExactIndex.fromVectors(vectors, dimension),
    ...{ seed: 1, ks: [10] },
  });
  return { losses, recall: rows.at(-1)!.report.at[10].recall.mean };
}

const countAt = ({ rows }: FunnelLossReport, at: string): number =>
  rows.filter((row) => row.at === at).reduce((sum, { count }) => sum + count, 0);

it('every wanted item is accounted for, and a larger quota moves losses from retrieval to later stages', async () => {
  const narrow = await lossesWith(5);
  const wide = await lossesWith(200);
  for (const { losses, recall } of [narrow, wide]) {
    expect(losses.rows.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
    expect(losses.rows.reduce((sum, { count }) => sum + count, 0)).toBe(losses.wantedCount);
    expect(countAt(losses, 'shown') > 0).toBe(recall > 0);
  }
  expect(wide.losses.wantedCount).toBe(narrow.losses.wantedCount);
  expect(countAt(wide.losses, 'retrieval')).toBeLessThan(countAt(narrow.losses, 'retrieval'));
  const laterOf = (losses: FunnelLossReport): number =>
    losses.wantedCount - countAt(losses, 'retrieval') - countAt(losses, 'shown');
  expect(laterOf(wide.losses)).toBeGreaterThan(laterOf(narrow.losses));
});
