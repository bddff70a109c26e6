import { setTimeout as sleep } from 'node:timers/promises';
import type { recommenderV1 } from '@winnow/contracts';
import type { Description } from '@winnow/domain';
import { CommandError } from '../command-error';
import type { CommandContext } from '../context';
import { durationText } from '../output/quantities';
import { renderSlate, titleOf } from '../output/slate';
import type { ServiceClients } from '../services/clients';
import { compareSlates, hasChanged, type SlateChange } from './slate-change';

const K = 10;
const POLL_MS = 20;
const CHANGE_TIMEOUT_MS = 10_000;
const SETTLE_TIMEOUT_MS = 15_000;
/** The clicked position, 0-based: not the first, so that it is seen to leave from the middle. */
const CLICKED_POSITION = 2;

type Slate = recommenderV1.RecommendResponse;

export interface LoopOptions {
  readonly clients: ServiceClients;
  readonly context: CommandContext;
  readonly description: Description;
  readonly userId: string;
}

/** Prints a slate, tracks a click on it, and prints how the next slate differs and after how long. */
export async function showLoop({ clients, context, description, userId }: LoopOptions): Promise<void> {
  const { clock, terminal } = context;
  const titleAttribute = description.items.titleAttribute ?? 'title';
  const ask = (dryRun = false): Promise<Slate> =>
    clients.recommend({ userId, surface: description.surfaces[0].name, k: K, explain: true, dryRun });
  await settle(() => ask(true));
  const askedAt = clock.monotonicMs();
  const before = await ask();
  const elapsedMs = clock.monotonicMs() - askedAt;
  terminal.print(`\nA slate for user ${userId}:\n`);
  terminal.print(renderSlate(before, { titleAttribute, explain: true, elapsedMs }));
  const clicked = before.items[Math.min(CLICKED_POSITION, before.items.length - 1)];
  if (!clicked) throw new CommandError('the slate is empty', 'look into the logs, or run: npx winnow doctor');
  const event = likedEvent(description);
  const trackedAt = clock.monotonicMs();
  const tracked = await clients.track([
    { userId, itemId: clicked.itemId, ...event, slateId: before.slateId, position: clicked.position },
  ]);
  if (tracked.acceptedCount !== 1)
    throw new CommandError(
      `the event was not accepted: ${tracked.verdicts[0]?.reason}`,
      'run: npx winnow doctor',
    );
  const { after, change, afterMs } = await nextSlate(before, () => ask(true), { context, trackedAt });
  terminal.print(
    `\nTracked: ${event.eventType} of #${clicked.position + 1}, ${titleOf(clicked, titleAttribute)}. ` +
      `${durationText(afterMs)} later the slate is another one:\n`,
  );
  terminal.print(changeText(change, [...before.items, ...after.items], titleAttribute));
}

/** Services that have just started may still warm up; the slate that is shown should be one of the whole funnel. */
async function settle(ask: () => Promise<Slate>): Promise<void> {
  const giveUpAt = performance.now() + SETTLE_TIMEOUT_MS;
  while (performance.now() < giveUpAt) {
    const { degraded, items } = await ask();
    if (degraded.length === 0 && items.length > 0) return;
    await sleep(100);
  }
}

/** The first positive event type, with a value that every objective on it counts as good. */
function likedEvent({ events, objectives }: Description): {
  readonly eventType: string;
  readonly value: number;
} {
  const { name } = events.find(({ sentiment }) => sentiment === 'positive') ?? events[0];
  const minima = objectives.flatMap(({ event, valueMin }) => (event === name ? (valueMin ?? []) : []));
  return { eventType: name, value: Math.max(1, ...minima) };
}

async function nextSlate(
  before: Slate,
  ask: () => Promise<Slate>,
  { context, trackedAt }: { readonly context: CommandContext; readonly trackedAt: number },
): Promise<{ readonly after: Slate; readonly change: SlateChange; readonly afterMs: number }> {
  for (;;) {
    const after = await ask();
    const afterMs = context.clock.monotonicMs() - trackedAt;
    const change = compareSlates(before, after);
    if (hasChanged(change)) return { after, change, afterMs };
    if (afterMs > CHANGE_TIMEOUT_MS || context.signal.aborted)
      throw new CommandError(
        `the slate is still the same ${durationText(afterMs)} after the event`,
        'look into the log of event-collector, or run: npx winnow doctor',
      );
    await sleep(POLL_MS);
  }
}

function changeText(
  { leftItemIds, newItemIds, movedItemIds }: SlateChange,
  items: Slate['items'],
  titleAttribute: string,
): string {
  const titles = (ids: readonly string[]): string =>
    ids
      .map((id) =>
        titleOf(
          items.find(({ itemId }) => itemId === id)!,
          titleAttribute,
        ),
      )
      .join(', ');
  return [
    leftItemIds.length > 0 ? `  left:   ${titles(leftItemIds)}` : '',
    newItemIds.length > 0 ? `  new:    ${titles(newItemIds)}` : '',
    movedItemIds.length > 0 ? `  moved:  ${titles(movedItemIds)}` : '',
  ]
    .filter(Boolean)
    .join('\n');
}
