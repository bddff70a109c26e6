/**
 * The whole funnel over a large synthetic catalogue on one machine: imports it, trains and publishes a release with its
 * index, starts every service, and measures requests end to end. Each step is skipped when its result is there already.
 *
 *     npm run bench:end-to-end -- --items 1000000
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installationFolder } from '../apps/winnow/src/config.schema';
import { durationText } from '../apps/winnow/src/output/quantities';
import { measureStack } from '../apps/winnow/src/load/measure-stack';
import { ensureServingRelease } from './serving-release';

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '1000000' },
    users: { type: 'string', default: '20000' },
    days: { type: 'string', default: '30' },
    'slates-per-day': { type: 'string', default: '3000' },
    home: { type: 'string' },
    requests: { type: 'string', default: '2000' },
    concurrency: { type: 'string', default: '1,4' },
    'port-base': { type: 'string', default: '8800' },
    json: { type: 'boolean', default: false },
  },
});

const home = values.home ?? join('tmp', `bench-${values.items}`);
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
      values[name as 'items' | 'users' | 'days' | 'slates-per-day'],
    ]),
    '--shift-to-now',
  );
await ensureServingRelease(home, () => winnow('train'));

await measureStack({
  home,
  config,
  requestCount: Number(values.requests),
  concurrency: values.concurrency.split(',').map(Number),
  k: 20,
  portBase: Number(values['port-base']),
  json: values.json,
});
process.exit(process.exitCode ?? 0);
