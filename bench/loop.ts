/**
 * The closed loop on a synthetic world: simulated users are served by the funnel, click by the world's click model, and the
 * release is retrained every night; beside it the first release as it was, the popular list, and the best slate that there is,
 * each in a world of its own.
 * Prints the true expected reward of the slates that each served, what the gate said of every release, and what it says of
 * one that was trained on shuffled labels.
 *
 *     npm run bench:loop -- --seed 1
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock, ReleaseVersion, TrackedEvent, VerifiedRelease } from '@winnow/domain';
import { createEventLog } from '@winnow/event-log';
import { ItemTable } from '@winnow/features';
import { createFileModelRegistry } from '@winnow/model-registry';
import { loadDescription } from '@winnow/platform';
import { DAY_MS } from '@winnow/synthetic-world';
import { startBackend } from '@winnow/tensor';
import type { DriftRow } from '@winnow/reporting';
import type { TrainerPorts } from '../apps/trainer/src/composition-root';
import { driftedRows } from '../apps/trainer/src/drift-table';
import { homeDrift } from '../apps/trainer/src/home-drift';
import { benchOptions } from './harness/bench-options';
import { OracleArm, PopularArm, ReleaseArm } from './loop/arms';
import {
  ARM_NAMES,
  driftText,
  rewardRows,
  rewardTable,
  type ArmName,
  type JudgedVisit,
} from './loop/loop-report';
import { retrain, type NightReport } from './loop/nightly-training';
import { SimulatedShop } from './loop/simulated-shop';

const values = benchOptions({
  seed: 1,
  days: 7,
  'history-days': 14,
  items: 800,
  users: 400,
  'slates-per-day': 250,
  'drift-day': 5,
  json: false,
});
const { days, seed } = values;
const note = (line: string): void => void process.stderr.write(`${line}\n`);

const shop = new SimulatedShop({
  ...{ seed, days, historyDays: values['history-days'], driftDay: values['drift-day'] },
  ...{ itemCount: values.items, userCount: values.users },
  slatesPerDay: values['slates-per-day'],
});
const here = dirname(fileURLToPath(import.meta.url));
const description = await loadDescription(join(here, '..', 'bench', 'loop.yaml'));
const home = await mkdtemp(join(tmpdir(), 'winnow-loop-'));
let nowMs = shop.startMs;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };
const eventLog = createEventLog({ folder: join(home, 'event-log') });
const registry = createFileModelRegistry({ folder: join(home, 'registry') });
const ports = { description, runsFolder: join(home, 'runs'), eventLog, registry, clock } as TrainerPorts;

const items = new ItemTable(description.items.attributes, description.items.titleAttribute);
const attributes = new Map(
  Array.from({ length: values.users }, (_, index) => shop.world.user(index)).map((user) => [
    user.userId as string,
    user.attributes as Readonly<Record<string, string>>,
  ]),
);
const armOptions = { description, items, attributesOf: (id: string) => attributes.get(id) ?? {} };
const arms = {
  retrained: new ReleaseArm({ ...armOptions, name: 'retrained' }),
  frozen: new ReleaseArm({ ...armOptions, name: 'frozen' }),
  popular: new PopularArm({ ...armOptions, name: 'popular' }),
  oracle: new OracleArm({ ...armOptions, name: 'oracle' }, (visit, item) => shop.liking(visit, item)),
};

/** New items reach the log and every arm's catalogue. */
async function stock(fromMs: number, toMs: number): Promise<void> {
  const created = shop.itemsCreated(fromMs, toMs);
  for (const item of created) items.upsert(item);
  await eventLog.appendCatalogChanges(
    created.map((item) => ({ kind: 'item-upserted', item, changedAtMs: item.firstSeenAtMs })),
  );
}

async function openRelease(version: ReleaseVersion): Promise<VerifiedRelease> {
  const opened = await registry.open(version);
  if (!opened.ok) throw new Error(opened.error.reason);
  return opened.value;
}

async function servingVersion(): Promise<ReleaseVersion> {
  const { current } = await registry.pointer();
  if (current === null) throw new Error('the gate refused the first release');
  return current;
}

/** One day of visits: every arm serves, is judged by the truth, and learns what its own slate led to. */
async function serve(day: number): Promise<{ judged: JudgedVisit[]; logged: TrackedEvent[] }> {
  const judged: JudgedVisit[] = [];
  const logged: TrackedEvent[] = [];
  for (const visit of shop.visits(day)) {
    const reward: Record<ArmName, number> = { retrained: 0, frozen: 0, popular: 0, oracle: 0 };
    for (const name of ARM_NAMES) {
      const slate = await arms[name].slate(visit);
      const events = shop.answers(visit, slate, name);
      reward[name] = shop.expectedReward(visit, slate);
      arms[name].learn(events);
      if (name === 'retrained') logged.push(...events);
    }
    judged.push({ day, visit, reward });
  }
  return { judged, logged };
}

const startedAtMs = performance.now();
await startBackend({ forced: process.env['WINNOW_BACKEND'], log: note });
const past = [...shop.past()];
await eventLog.appendEvents(past);
await eventLog.appendCatalogChanges(
  [...attributes].map(([userId, own]) => ({
    kind: 'user-upserted',
    userId: userId as TrackedEvent['userId'],
    attributes: own,
    changedAtMs: shop.world.options.startMs,
  })),
);
await stock(-Infinity, shop.startMs);
for (const arm of Object.values(arms)) arm.learn(past);
const nights: NightReport[] = [await retrain(ports, { runId: 'night-0' })];
note(`first release: ${nights[0].verdict.reason}`);
const first = await servingVersion();

/** What `winnow drift` says of the newest day, of the release that served on it. */
async function driftOfNewestDay(): Promise<DriftRow[]> {
  const report = await homeDrift({ ports, release: await openRelease(await servingVersion()) }, { days: 1 });
  return report ? driftedRows(report.rows) : [];
}

const visits: JudgedVisit[] = [];
const drift: { day: number; rows: DriftRow[] }[] = [];
for (let day = 1; day <= days; day += 1) {
  const dayStartMs = shop.startMs + (day - 1) * DAY_MS;
  await stock(dayStartMs - DAY_MS, dayStartMs);
  await arms.retrained.load(await openRelease(await servingVersion()));
  await arms.frozen.load(await openRelease(first));
  const { judged, logged } = await serve(day);
  visits.push(...judged);
  await eventLog.appendEvents(logged);
  nowMs = dayStartMs + DAY_MS;
  drift.push({ day, rows: await driftOfNewestDay() });
  const night = await retrain(ports, { runId: `night-${day}` });
  nights.push(night);
  note(
    `${rewardTable(rewardRows(judged, seed).slice(0, 1))}\n  drift: ${driftText(drift[day - 1].rows)}\n  night ${day}: ${night.verdict.reason}`,
  );
}
// A version is named by its moment: not that of the last night.
nowMs += 60_000;
const spoilt = await retrain(ports, { runId: 'shuffled', shuffleSeed: seed });
note(`shuffled labels: ${spoilt.verdict.reason}`);
await eventLog.close();
await rm(home, { recursive: true, force: true });

const rows = rewardRows(visits, seed);
const minutes = (performance.now() - startedAtMs) / 60_000;
if (values.json)
  process.stdout.write(`${JSON.stringify({ values, minutes, rows, nights, drift, spoilt })}\n`);
else
  process.stdout.write(
    [
      `${values.items} items, ${values.users} users, ${values['history-days']} days of ${values['slates-per-day']} slates before, ${past.length} events; seed ${seed}; ${minutes.toFixed(1)} minutes on ${cpus()[0]?.model ?? 'an unknown processor'}`,
      'expected clicks on a slate of ten, by the world that the visitors come from:',
      rewardTable(rows),
      ...drift.map(({ day, rows: moved }) => `drift on day ${day}: ${driftText(moved)}`),
      `promoted: ${nights.filter(({ verdict }) => verdict.promoted).length} of ${nights.length} honest releases`,
      `trained on shuffled labels: ${spoilt.verdict.promoted ? 'PROMOTED' : 'refused'}: ${spoilt.verdict.reason}`,
      '',
    ].join('\n'),
  );
process.exit(0);
