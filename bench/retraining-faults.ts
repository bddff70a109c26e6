/**
 * Throws at the trainer what happens in the long run: kills −9 in the middle and at the end of every step, four trainers
 * booted at once, a step that crashes its process, a damaged part of the event log, a full disk. Real processes, a small
 * world. Exits with 1 when a promise is broken.
 *
 *     npm run chaos:retraining -- --seed 1
 */
import { ProgressLine } from '../apps/trainer/src/progress-line';
import { benchOptions } from './harness/bench-options';
import { ChaosStack } from './chaos/chaos-stack';
import { RetrainingFaults } from './chaos/retraining-faults';
import { drained, upsertItems } from './chaos/run-chaos';
import { Tracker } from './chaos/tracker';
import { unaryChannel } from './chaos/tracking-channel';
import { Workload } from './chaos/workload';

const values = benchOptions({
  seed: 1,
  events: 5000,
});
const { seed } = values;
const progress = new ProgressLine(process.stderr, false);
const stack = await ChaosStack.start({ appendFsync: 'always', powerCut: false, victims: [] });
const eventTypes = stack.description.events;
const workload = new Workload({ count: values.events, seed, nowMs: Date.now(), eventTypes });
await upsertItems(stack.address, workload);
const channel = unaryChannel(stack.address);
await new Tracker({
  ...{ workload, channels: [channel], batchSize: 200, inFlightCount: 2, onAcknowledged: () => {} },
}).run();
channel.close();
await drained(stack);

const faults = new RetrainingFaults(stack, { seed, itemCount: workload.itemCount });
let allKept = true;
for (const fault of [
  'killedAtEveryStep',
  'bootedTogether',
  'deadlyStep',
  'damagedPart',
  'fullDisk',
] as const) {
  progress.note(`${fault} …`);
  const { promise, kept, detail } = await faults[fault]();
  allKept &&= kept;
  process.stdout.write(`${kept ? 'kept  ' : 'BROKEN'}  ${promise}: ${detail}\n`);
}
await faults.close();
await stack.stop();
process.exit(allKept ? 0 : 1);
