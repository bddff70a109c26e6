import { userId } from '@winnow/domain';
import { expect, it } from 'vitest';
import { createFunnel } from '../create-funnel';
import { catalogItem, descriptionOf, NOW_MS, portsOf, RELEASE } from '../funnel.fixture';
import { ItemFates, type ItemFate } from './item-fates';

/** Light prefers small ordinals and keeps ten; heavy prefers the last of those that it sees. */
async function fatesOf(
  ordinals: readonly number[],
  { unavailable }: { readonly unavailable?: number } = {},
): Promise<ItemFate[]> {
  const k = 3;
  const ports = portsOf();
  if (unavailable !== undefined) ports.items.upsert(catalogItem(unavailable, false));
  const funnel = createFunnel({ description: descriptionOf(), release: RELEASE, ports });
  await funnel.lists.refresh(NOW_MS);
  const fates = new ItemFates(ordinals, { k });
  const request = { requestId: 'r', userId: userId('u1'), surface: 'home', k, nowMs: NOW_MS };
  const result = await funnel.recommend({ ...request, watch: fates.watch });
  if (!result.ok) throw new Error(result.error.reason);
  return fates.fates();
}

it('an item that no source finds is lost at retrieval', async () => {
  const [fate] = await fatesOf([60]);
  expect(fate).toMatchObject({ foundBy: [], ranked: [], loss: { at: 'retrieval' }, position: null });
});

it('a found item that a filter removes is lost there, by name', async () => {
  const [fate] = await fatesOf([14], { unavailable: 14 });
  expect(fate.foundBy.map(({ source }) => source)).toContain('two-tower');
  expect(fate).toMatchObject({ loss: { at: 'filter', component: 'unavailable' }, position: null });
});

it('an item that the light ranker puts behind those that the heavy one sees is cut', async () => {
  const [fate] = await fatesOf([20]);
  expect(fate.loss).toMatchObject({ at: 'cut', component: 'light-ranker', keptCount: 10 });
  expect(fate.ranked.map(({ component }) => component)).toEqual(['light-ranker']);
});

it('an item that is scored to the end, but not well enough, is lost in the ranking', async () => {
  const [fate] = await fatesOf([10]);
  expect(fate.loss).toEqual({ at: 'ranking', component: 'heavy-ranker', rank: 5 });
  expect(fate.ranked).toMatchObject([
    { component: 'light-ranker', rank: 6 },
    { component: 'heavy-ranker', rank: 5, outOf: 10 },
  ]);
});

it('a shown item is not lost; items are told in the order in which they were asked for', async () => {
  const [first, second] = await fatesOf([13, 14]);
  expect(first).toMatchObject({ ordinal: 13, loss: null, position: 2 });
  expect(second).toMatchObject({ ordinal: 14, loss: null, position: 1 });
});
