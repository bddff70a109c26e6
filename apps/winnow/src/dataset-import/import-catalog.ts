import { type AttributeDefinition, ID_LENGTH_MAX, itemId, userId } from '@winnow/domain';
import { checkAttributes } from './attribute-check';
import type { SourceItem } from './import-source';
import { type ImportRun, throwIfAborted } from './import-run';
import type { EventExtent } from './scan-events';
import { shiftTimestamps } from './time-shift';

const BATCH = 1_000;

type ItemUpsert = Parameters<ImportRun['store']['catalog']['upsertItems']>[0][number];

const byName = (definitions: readonly AttributeDefinition[]): ReadonlyMap<string, AttributeDefinition> =>
  new Map(definitions.map((definition) => [definition.name, definition]));

/** Why an id cannot be one; null when it can. */
export function idViolation(id: string): string | null {
  if (id === '') return 'is empty';
  return id.length > ID_LENGTH_MAX ? `is longer than ${ID_LENGTH_MAX} characters` : null;
}

/** Puts the source's items, then those that only events speak of. */
export async function importItems(
  run: ImportRun,
  extent: EventExtent,
): Promise<{ readonly bareItemCount: number }> {
  const definitions = byName(run.description.items.attributes);
  // What nobody has touched was there before the first event.
  const oldestMs = extent.firstMs ?? run.clock.nowMs();
  const firstSeenAtMs = (item: Pick<SourceItem, 'itemId' | 'firstSeenAtMs'>): number =>
    (item.firstSeenAtMs ?? extent.firstMsByItem.get(item.itemId) ?? oldestMs) + run.shiftMs;
  for await (const items of run.source.items(run.quarantine.take)) {
    throwIfAborted(run.signal);
    const upserts = items.flatMap((item): ItemUpsert[] => {
      const checked = checkItem(run, item, definitions);
      return checked ? [{ ...checked, firstSeenAtMs: firstSeenAtMs(item) }] : [];
    });
    await upsert(run, upserts);
    run.kept.items += upserts.length;
    run.onProgress({ label: 'items', done: run.kept.items, total: run.source.itemCountHint });
  }
  return { bareItemCount: await importBareItems(run, extent, firstSeenAtMs) };
}

function checkItem(
  run: ImportRun,
  item: SourceItem,
  definitions: ReadonlyMap<string, AttributeDefinition>,
): Omit<ItemUpsert, 'firstSeenAtMs'> | null {
  const refuse = (reason: string): null => {
    run.quarantine.take({ kind: 'items', file: run.source.name, reason, row: JSON.stringify(item) });
    return null;
  };
  const violation = idViolation(item.itemId);
  if (violation) return refuse(`item id ${violation}`);
  const checked = checkAttributes(item.attributes, definitions);
  if (!checked.ok) return refuse(checked.reason);
  for (const name of checked.dropped) run.droppedAttributes.add(name);
  const attributes = shiftTimestamps(checked.attributes, run.description.items.attributes, run.shiftMs);
  return { itemId: itemId(item.itemId), attributes, available: true };
}

/** Items that the catalogue already knows keep what they have; the others come in without attributes. */
async function importBareItems(
  run: ImportRun,
  extent: EventExtent,
  firstSeenAtMs: (item: { readonly itemId: string }) => number,
): Promise<number> {
  const unlisted = [...extent.firstMsByItem.keys()].filter(
    (id) => !run.ordinals.has(id) && idViolation(id) === null,
  );
  let bareItemCount = 0;
  for (let from = 0; from < unlisted.length; from += BATCH) {
    throwIfAborted(run.signal);
    const ids = unlisted.slice(from, from + BATCH);
    const known = await run.store.catalog.resolve(ids.map(itemId));
    known.forEach((found, index) => found !== null && run.ordinals.set(ids[index], found));
    const bare = ids
      .filter((_, index) => known[index] === null)
      .map((id) => ({
        itemId: itemId(id),
        attributes: {},
        available: true,
        firstSeenAtMs: firstSeenAtMs({ itemId: id }),
      }));
    await upsert(run, bare);
    bareItemCount += bare.length;
  }
  return bareItemCount;
}

async function upsert(run: ImportRun, items: readonly ItemUpsert[]): Promise<void> {
  if (items.length === 0) return;
  const { ordinals } = await run.store.catalog.upsertItems(items);
  items.forEach((item, index) => run.ordinals.set(item.itemId, ordinals[index]));
}

/** Puts the source's users. */
export async function importUsers(run: ImportRun): Promise<void> {
  const definitions = byName(run.description.users.attributes);
  for await (const users of run.source.users(run.quarantine.take)) {
    throwIfAborted(run.signal);
    const upserts = users.flatMap((user) => {
      const violation = idViolation(user.userId);
      const checked = violation
        ? { ok: false as const, reason: `user id ${violation}` }
        : checkAttributes(user.attributes, definitions);
      if (checked.ok) return [{ userId: userId(user.userId), attributes: checked.attributes }];
      run.quarantine.take({
        kind: 'users',
        file: run.source.name,
        reason: checked.reason,
        row: JSON.stringify(user),
      });
      return [];
    });
    if (upserts.length > 0) await run.store.catalog.upsertUsers(upserts);
    run.kept.users += upserts.length;
    run.onProgress({ label: 'users', done: run.kept.users });
  }
}
