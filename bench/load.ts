/**
 * Load against a whole stack of its own: starts every service on a home that has a release, sends requests one at a
 * time and then several at once, and prints latencies, where they come from, and what each process holds in memory.
 *
 *     npm run bench:load -- --home .winnow --requests 2000 --concurrency 1,4,16
 */
import { parseArgs } from 'node:util';
import { measureStack } from '../apps/winnow/src/load/measure-stack';

const { values } = parseArgs({
  options: {
    home: { type: 'string', default: '.winnow' },
    config: { type: 'string' },
    requests: { type: 'string', default: '2000' },
    concurrency: { type: 'string', default: '1,4' },
    count: { type: 'string', default: '20' },
    'port-base': { type: 'string', default: '8700' },
    json: { type: 'boolean', default: false },
  },
});

await measureStack({
  home: values.home,
  config: values.config,
  requestCount: Number(values.requests),
  concurrency: values.concurrency.split(',').map(Number),
  k: Number(values.count),
  portBase: Number(values['port-base']),
  json: values.json,
});
process.exit(process.exitCode ?? 0);
