import { userId, type Ordinal } from '@winnow/domain';
import { RECENT_INTERACTIONS_MAX, type OnlineStore } from '@winnow/online-store';
import type { Recount, RecountedUser } from './recount';

/** What is different, one line each; empty when the online state is what the log says. */
export async function compareOnlineState(store: OnlineStore, recount: Recount): Promise<readonly string[]> {
  const mismatches: string[] = [];
  for (const [id, expected] of recount.users)
    mismatches.push(...(await mismatchesOfUser(store, id, expected)));
  for (const [day, expected] of recount.dailyPositives) {
    const counted = await store.dailyPositives(Date.parse(day));
    const ordinals = new Set([...expected.keys(), ...counted.keys()]);
    for (const ordinal of ordinals) {
      const [has, should] = [counted.get(ordinal as Ordinal) ?? 0, expected.get(ordinal) ?? 0];
      if (has !== should)
        mismatches.push(`positives of ordinal ${ordinal} on ${day}: ${has}, the log has ${should}`);
    }
  }
  return mismatches;
}

async function mismatchesOfUser(store: OnlineStore, id: string, expected: RecountedUser): Promise<string[]> {
  const state = await store.state.userState(userId(id));
  if (!state.ok) throw new Error(`cannot read the state of ${id}: ${state.error.reason}`);
  const counted = (await store.catalog.getUser(userId(id)))?.interactionCount ?? 0;
  const mismatches: string[] = [];
  if (counted !== expected.interactionCount)
    mismatches.push(`interactions of ${id}: ${counted}, the log has ${expected.interactionCount}`);
  const newest = expected.interactions.slice(-RECENT_INTERACTIONS_MAX);
  const same = newest.every((interaction, index) => {
    const has = state.value.recentInteractions[index];
    return (
      has?.timeMs === interaction.timeMs &&
      has.ordinal === interaction.ordinal &&
      has.eventType === interaction.eventType &&
      has.value === interaction.value
    );
  });
  if (!same || state.value.recentInteractions.length !== newest.length)
    mismatches.push(`recent interactions of ${id}`);
  const seen = new Set<number>(state.value.seenOrdinals);
  if (seen.size !== expected.seen.size || [...expected.seen].some((ordinal) => !seen.has(ordinal)))
    mismatches.push(`seen items of ${id}: ${seen.size}, the log has ${expected.seen.size}`);
  return mismatches;
}
