export { examinationProbabilities, expectedClicks, react } from './click-model';
export type { Reaction } from './click-model';
export {
  DAY_MS,
  defaultSyntheticWorldOptions,
  ITEM_COUNT_MAX,
  resolveSyntheticWorldOptions,
} from './options';
export type { ClickModelOptions, SyntheticWorldOptions } from './options';
export { syntheticItemId, syntheticItemIndex } from './synthetic-item';
export type { SyntheticItem } from './synthetic-item';
export { syntheticUserId } from './synthetic-user';
export type { SyntheticUser } from './synthetic-user';
export { SyntheticWorld } from './synthetic-world';
export type { JudgedSlate, SyntheticEvent, SyntheticEventType } from './synthetic-world';
