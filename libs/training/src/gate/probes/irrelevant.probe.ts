import { meanOf } from '@winnow/evaluation';
import { noUsers, overlap } from './probe';
import type { Probe, ProbedUser } from './probe';

/** What share of a slate stays when attributes that must not matter become those of somebody else. */
export function irrelevantProbe(
  users: readonly ProbedUser[],
  { attributes, userCountMax }: { readonly attributes: readonly string[]; readonly userCountMax: number },
): Probe {
  if (attributes.length === 0)
    return noUsers('irrelevant', 'winnow.yaml names no retraining.gate.behaviour.irrelevantAttributes');
  const changed = users.flatMap(({ state, slate }, index) => {
    const other = users
      .slice(index + 1)
      .find((one) => attributes.some((name) => differ(state, one.state, name)));
    if (!other) return [];
    const borrowed = Object.fromEntries(
      attributes.flatMap((name) =>
        name in other.state.attributes ? [[name, other.state.attributes[name]]] : [],
      ),
    );
    return [{ slate, state: { ...state, attributes: { ...state.attributes, ...borrowed } } }];
  });
  const asked = changed.slice(0, userCountMax);
  if (asked.length === 0) return noUsers('irrelevant', `all users have the same ${attributes.join(', ')}`);
  return {
    probe: 'irrelevant',
    users: asked.map(({ state }) => state),
    note: `${asked.length} users with another ${attributes.join(', ')}`,
    measure: (slates) => meanOf(asked.map(({ slate }, user) => overlap(slate, slates[user]))),
  };
}

const differ = (left: ProbedUser['state'], right: ProbedUser['state'], name: string): boolean =>
  name in right.attributes &&
  JSON.stringify(left.attributes[name]) !== JSON.stringify(right.attributes[name]);
