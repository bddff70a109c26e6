/**
 * The whole funnel over a large synthetic catalogue on one machine: imports it, trains and publishes a release with its
 * index, starts every service, and measures requests end to end. Each step is skipped when its result is there already.
 *
 *     npm run bench:end-to-end -- --items 1000000
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installationFolder } from '../apps/winnow/src/config.schema';
import { durationText } from '../apps/winnow/src/output/quantities';
import { measureStack } from '../apps/winnow/src/load/measure-stack';
import { benchOptions } from './harness/bench-options';
import { ensureServingRelease } from './harness/serving-release';

const values = benchOptions({
  items: 1_000_000,
  users: 20_000,
  days: 30,
  'slates-per-day': 3000,
  home: '',
  requests: 2000,
  concurrency: '1,4',
  'port-base': 8800,
  json: false,
});

const home = values.home || join('tmp', `bench-${values.items}`);
const config = join(installationFolder(), 'bench', 'million.yaml');

/** Runs a command of the built command line, output on stderr, and says how long it took. */
function winnow(...args: readonly string[]): void {
  const startedAt = performance.now();
  const entry = join(installationFolder(), 'dist', 'winnow.js');
  execFileSync(process.execPath, [entry, '--home', home, '--config', config, ...args], {
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
  });
  console.error(`winnow ${args[0]}: ${durationText(performance.now() - startedAt)}`);
}

if (!existsSync(join(home, 'imports.json')))
  winnow(
    'import',
    'synthetic',
    ...['items', 'users', 'days', 'slates-per-day'].flatMap((name) => [
      `--${name}`,
      String(values[name as 'items' | 'users' | 'days' | 'slates-per-day']),
    ]),
    '--shift-to-now',
  );
await ensureServingRelease(home, () => winnow('train'));

await measureStack({
  home,
  config,
  requestCount: values.requests,
  concurrency: values.concurrency.split(',').map(Number),
  k: 20,
  portBase: values['port-base'],
  json: values.json,
});
process.exit(process.exitCode ?? 0);
