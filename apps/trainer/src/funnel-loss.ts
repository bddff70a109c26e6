import { parseArgs } from 'node:util';
import type { VerifiedRelease } from '@winnow/domain';
import {
  FunnelLoss,
  holdoutCases,
  holdoutIndexOf,
  rankUsers,
  type FunnelLossReport,
  type LossExample,
  type RunFrame,
} from '@winnow/training';
import type { ItemTable } from '@winnow/features';
import { askRelease, type Questioned } from './ask-release';
import { lossTable } from './funnel-loss-table';
import { releaseInThePast } from './release-in-the-past';

interface Measured {
  readonly release: VerifiedRelease;
  readonly items: ItemTable;
  readonly frame: RunFrame;
  readonly losses: FunnelLossReport;
}

/** `trainer funnel-loss [--release V] [--k N] [--users N] [--json]`: where a release loses what users then turned to. */
export async function runFunnelLoss(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      release: { type: 'string' },
      k: { type: 'string', default: '20' },
      users: { type: 'string', default: '500' },
      json: { type: 'boolean', default: false },
    },
  });
  const { release, k, users, json } = values;
  await askRelease({
    ...{ title: 'funnel-loss', release, json },
    answer: async (questioned) => {
      const measured = await measure(questioned, { k: Number(k), userCountMax: Number(users) });
      return json ? asJson(measured) : asText(measured);
    },
  });
}

async function measure(
  { ports, release, onProgress }: Questioned,
  { k, userCountMax }: { readonly k: number; readonly userCountMax: number },
): Promise<Measured> {
  const past = await releaseInThePast(release, {
    ports,
    momentOf: ({ timesMs }) => timesMs[holdoutIndexOf({ timesMs })],
    onProgress: (fraction, note) => onProgress(0.2 * fraction, note),
  });
  const { items, frame, replay, nowMs, pastCount } = past;
  const { description } = ports;
  const cases = holdoutCases({ description, frame, items, holdoutIndex: pastCount, replay, userCountMax });
  const losses = new FunnelLoss({ k });
  await rankUsers(past.funnel, {
    ...{ k, nowMs, users: cases.map(({ user }) => user) },
    watchOf: (at) => losses.follow(cases[at].user, cases[at].relevant),
    onProgress: (done) => onProgress(0.2 + (0.8 * done) / cases.length, `${done} of ${cases.length} users`),
  });
  return { release, items, frame, losses: losses.report() };
}

const userOf = ({ frame }: Measured, { user }: LossExample): string => frame.events.userIds[user];

function asText(measured: Measured): string {
  const { release, items, losses } = measured;
  const nameOf = (example: LossExample): string =>
    `${items.title(example.ordinal) ?? items.itemId(example.ordinal) ?? 'a deleted item'} for ${userOf(measured, example)}` +
    (example.rank === null ? '' : ` (#${example.rank})`);
  return [
    `release ${release.manifest.version}, the newest 5 % of the events, which are held out of every training`,
    lossTable(losses, nameOf),
  ].join('\n');
}

function asJson(measured: Measured): string {
  const { release, items, losses } = measured;
  const rows = losses.rows.map((row) => ({
    ...row,
    examples: row.examples.map((example) => ({
      userId: userOf(measured, example),
      itemId: items.itemId(example.ordinal),
      rank: example.rank,
    })),
  }));
  return JSON.stringify({ release: release.manifest.version, ...losses, rows });
}
