/**
 * Are features in serving what the event log says? Imports a synthetic world and trains a release, starts every service in
 * this process, serves slates while their users act on them, and computes a sample of the features as served again. Then
 * one feature is broken in serving, in this process alone, and has to be named.
 *
 *     npm run bench:consistency -- --slates 10000
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createEventLog } from '@winnow/event-log';
import { homeFolders, startLocalRedis } from '@winnow/platform';
import { consistencyText } from '../apps/trainer/src/consistency/consistency-table';
import { installationFolder } from '../apps/winnow/src/config.schema';
import { durationText } from '../apps/winnow/src/output/quantities';
import { benchOptions } from './harness/bench-options';
import { driveTraffic, startInProcessStack } from './consistency/in-process-stack';
import { ensureServingRelease } from './harness/serving-release';

const values = benchOptions({
  slates: 10_000,
  'broken-slates': 300,
  sample: 2000,
  feature: 'momentum-slow',
  concurrency: 4,
  home: join('tmp', 'bench-consistency'),
});
const home = resolve(values.home);
const USERS_MAX = 300;
const WORLD = [
  '--items',
  '1200',
  '--users',
  '500',
  '--days',
  '20',
  '--slates-per-day',
  '400',
  '--shift-to-now',
];

/** Runs a command of the built command line, output on stderr. */
function winnow(...args: readonly string[]): void {
  const entry = join(installationFolder(), 'dist', 'winnow.js');
  const config = join(home, 'winnow.yaml');
  execFileSync(process.execPath, [entry, '--home', home, '--config', config, ...args], {
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
  });
}

async function knownUsers(): Promise<string[]> {
  const log = createEventLog({ folder: homeFolders(home).eventLog });
  const ids: string[] = [];
  for await (const users of log.readUsers()) ids.push(...users.map(({ userId }) => userId));
  await log.close();
  return ids.slice(0, USERS_MAX);
}

await mkdir(home, { recursive: true });
await cp(join(installationFolder(), 'bench', 'consistency', 'world.yaml'), join(home, 'winnow.yaml'));
if (!existsSync(join(home, 'imports.json'))) winnow('import', 'synthetic', ...WORLD);
await ensureServingRelease(home, () => winnow('train'));

const redis = await startLocalRedis({
  ...{ reason: 'the bench', persistent: true, dataDir: homeFolders(home).redis },
  log: (message) => console.error(message),
});
const userIds = await knownUsers();
const stack = await startInProcessStack({ home, redisUrl: redis.url, candidateGeneration: true });

async function serve(slateCount: number, seed: number): Promise<void> {
  const startedAtMs = performance.now();
  const eventCount = await driveTraffic(stack.client, {
    ...{ slateCount, userIds, seed, concurrency: values.concurrency },
    eventTypes: ['view', 'click', 'purchase', 'hide'],
    onServed: (count) => void (count % 1_000 === 0 && console.error(`${count} slates served`)),
  });
  const took = durationText(performance.now() - startedAtMs);
  console.log(`${slateCount} slates served, ${eventCount} events tracked meanwhile, in ${took}`);
}

const { slates: slateCount, 'broken-slates': brokenCount } = values;
await serve(slateCount, 1);
await stack.archived(slateCount);
const report = await stack.check(values.sample);
console.log(consistencyText(report));

stack.fault.feature = values.feature;
await serve(brokenCount, 2);
stack.fault.feature = null;
await stack.archived(slateCount + brokenCount);
const broken = await stack.check(values.sample);
console.log(`\n${values.feature} was broken in serving for ${brokenCount} slates:`);
console.log(consistencyText(broken));

const isNamed = broken.inconsistent.join() === values.feature;
console.log(`\nconsistent before: ${report.inconsistent.length === 0}; named when broken: ${isNamed}`);
process.exitCode = report.inconsistent.length === 0 && isNamed ? 0 : 1;
await stack.stop();
await redis.stop();
process.exit();
