import { expect, it } from 'vitest';
import { EventLoopTurns } from './event-loop-turns';

it('lets others run, but not at every opportunity', async () => {
  let nowMs = 0;
  const turns = new EventLoopTurns({ monotonicMs: () => nowMs });
  let othersRan = false;
  setImmediate(() => (othersRan = true));
  for (let step = 0; step < 10; step += 1) await turns.take();
  expect(othersRan).toBe(false);
  nowMs = 50;
  await turns.take();
  expect(othersRan).toBe(true);
});
