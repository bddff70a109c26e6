import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findBenchmark, findDataset } from '@winnow/datasets';
import { systemClock } from '@winnow/domain';
import { findMetric } from '@winnow/evaluation';
import type { MetricName, ProtocolName } from '@winnow/evaluation';
import { loadDescription } from '@winnow/platform';
import { compareRankings, compareRatings } from '@winnow/training';
import type { CompareOptions } from '@winnow/training';
import { expect, it } from 'vitest';
import { evaluationParts } from './evaluation-data';

/** Reading and ranking the real sets takes some seconds each, and longer beside other work. */
const TIMEOUT_MS = 240_000;

export interface Agreement {
  readonly data: 'online-retail' | 'movietweetings' | 'ml-1m-sequences' | 'amazon-beauty' | 'movielens-100k';
  readonly protocol: ProtocolName;
  /** Model, and what other implementations than this one measured for it. */
  readonly expected: Readonly<Record<string, readonly (readonly [MetricName, number | null, number])[]>>;
}

function isThere(data: Agreement['data']): boolean {
  if (data === 'ml-1m-sequences' || data === 'amazon-beauty') return findBenchmark(data).ok;
  const found = findDataset(data);
  // A folder from before the folds were fetched too has the ratings only.
  return found.ok && (data !== 'movielens-100k' || existsSync(join(found.value.folder, 'u5.test')));
}

const OPTIONS: CompareOptions = {
  seeds: [1],
  meters: { clock: systemClock, watchMemory: () => async () => null },
};

/** Runs the models on the real set and compares; skipped, and said so, where the set is not there. */
export function itAgrees({ data, protocol, expected }: Agreement): void {
  const title = `agree within 2 % with other implementations on ${data}, protocol ${protocol}`;
  it.skipIf(!isThere(data))(title, { timeout: TIMEOUT_MS }, async () => {
    const { rankings, ratings } = await evaluationParts({
      data,
      protocol,
      slices: [],
      description: () => loadDescription(`examples/${data}.yaml`),
    });
    const wanted = <M extends { readonly name: string }>(models: readonly M[]): M[] =>
      models.filter(({ name }) => name in expected);
    const reports = [
      ...(await compareRankings(rankings.task, wanted(rankings.models), OPTIONS)).models,
      ...(ratings ? (await compareRatings(ratings.task, wanted(ratings.models), OPTIONS)).models : []),
    ];
    expect(reports.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
    for (const { name, metrics } of reports)
      for (const [metric, k, value] of expected[name]) {
        const mean = findMetric(metrics, metric, k)!.mean;
        expect(Math.abs(mean / value - 1), `${name} ${metric}: ${mean}, elsewhere ${value}`).toBeLessThan(
          0.02,
        );
      }
  });
}
