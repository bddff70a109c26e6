/**
 * Load against a whole stack of its own: starts every service on a home that has a release, sends requests one at a
 * time and then several at once, and prints latencies, where they come from, and what each process holds in memory.
 *
 *     npm run bench:load -- --home .winnow --requests 2000 --concurrency 1,4,16
 */
import { measureStack } from '../apps/winnow/src/load/measure-stack';
import { benchOptions } from './harness/bench-options';

const values = benchOptions({
  home: '.winnow',
  config: '',
  requests: 2000,
  concurrency: '1,4',
  count: 20,
  'port-base': 8700,
  json: false,
});

await measureStack({
  home: values.home,
  config: values.config || undefined,
  requestCount: values.requests,
  concurrency: values.concurrency.split(',').map(Number),
  k: values.count,
  portBase: values['port-base'],
  json: values.json,
});
process.exit(process.exitCode ?? 0);
