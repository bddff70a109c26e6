import { ok } from '@winnow/domain';
import type { GateProbe } from '@winnow/reporting';
import { offlineFunnel, rankUsers } from '../../offline-funnel';
import type { OfflineModels } from '../../offline-funnel';
import type { Probe } from './probe';

/** Asks the funnel once for every made-up user of every probe. */
export async function askProbes(
  probes: readonly Probe[],
  { models, k, nowMs }: { readonly models: OfflineModels; readonly k: number; readonly nowMs: number },
): Promise<GateProbe[]> {
  const states = probes.flatMap(({ users }) => users);
  const funnel = await offlineFunnel({
    ...{ models, nowMs },
    users: { userState: async (id) => ok(states[Number(id)]) },
  });
  const slates = await rankUsers(funnel, { users: states.map((_, index) => index), k, nowMs });
  let from = 0;
  return probes.map(({ probe, users, note, measure }) => {
    const own = slates.slice(from, from + users.length);
    from += users.length;
    const measured = users.length === 0 ? null : measure(own);
    return { probe, measured, userCount: users.length, note };
  });
}
