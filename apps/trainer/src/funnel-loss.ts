import { parseArgs } from 'node:util';
import { reasonOf, type VerifiedRelease } from '@winnow/domain';
import { loadDescription, readEnvironment } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
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
import { openPorts, type TrainerPorts } from './composition-root';
import { trainerSettings } from './config.schema';
import { lossTable } from './funnel-loss-table';
import { ProgressLine } from './progress-line';
import { openRelease, releaseInThePast } from './release-in-the-past';

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
  const settings = readEnvironment(trainerSettings);
  const description = await loadDescription(settings.configPath);
  const progress = new ProgressLine(process.stderr, values.json);
  const ports = openPorts({ home: settings.home, redisUrl: settings.redisUrl, description });
  let exitCode = 0;
  try {
    const release = await openRelease(ports, values.release);
    await startBackend({ forced: process.env['WINNOW_BACKEND'] });
    const measured = await measure(release, {
      ports,
      k: Number(values.k),
      userCountMax: Number(values.users),
      onProgress: (fraction, note) => progress.show('funnel-loss', fraction, note),
    });
    process.stdout.write(`${values.json ? json(measured) : text(measured)}\n`);
  } catch (thrown) {
    progress.note(`  ${reasonOf(thrown)}`);
    exitCode = 1;
  }
  await ports.close();
  // TF.js backends and DuckDB may hold the event loop open.
  process.exit(exitCode);
}

async function measure(
  release: VerifiedRelease,
  options: {
    readonly ports: TrainerPorts;
    readonly k: number;
    readonly userCountMax: number;
    readonly onProgress: (fraction: number, note: string) => void;
  },
): Promise<Measured> {
  const { ports, k, userCountMax, onProgress } = options;
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

function text(measured: Measured): string {
  const { release, items, losses } = measured;
  const nameOf = (example: LossExample): string =>
    `${items.title(example.ordinal) ?? items.itemId(example.ordinal) ?? 'a deleted item'} for ${userOf(measured, example)}` +
    (example.rank === null ? '' : ` (#${example.rank})`);
  return [
    `release ${release.manifest.version}, the newest 5 % of the events, which are held out of every training`,
    lossTable(losses, nameOf),
  ].join('\n');
}

function json(measured: Measured): string {
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
