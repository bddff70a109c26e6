import type { Description, ReleaseVersion } from '@winnow/domain';
import { FeatureSet } from '@winnow/features';
import type { FeatureSetJson } from '@winnow/features';
import { TwoTower } from '@winnow/models';
import type { TwoTowerSources } from '@winnow/models';
import type { RunFolder } from './ports';
import type { StepContext } from './steps/step-context';

const TOWER_FILE = 'warm-start/base-tower.safetensors';
const STATE_FILE = 'warm-start/state.json';
const FEATURE_SET_FILE = 'feature-set.json';

/** What a release says of the tower that the next retraining may go on from. */
interface WarmStartState {
  /** The tower knows all events before this moment, and none from it on. */
  readonly learntToMs: number;
  readonly historyCountMax: number;
}

/** The release that a retraining goes on from. */
export interface WarmStartParent {
  readonly version: ReleaseVersion;
  /** Events from here on are new to its tower. */
  readonly learntToMs: number;
}

/** What the dataset step found out about going on from the serving release. */
export type WarmStartDecision =
  | { readonly kind: 'warm'; readonly parent: WarmStartParent; readonly featureSet: FeatureSetJson }
  | { readonly kind: 'cold'; readonly reason: string };

/**
 * Whether this run can go on from the serving release. What is taken over is that release's *base* tower, which stopped
 * before its rankers' window: had it seen later events, the candidates that the new rankers learn from would look better
 * than in serving. Its feature set comes along, since the content rows mean what that says.
 *
 * @param options.learnBeforeMs the new base tower learns from events before this
 */
export async function findWarmStart(
  { registry, readJsonFile }: Pick<StepContext, 'registry' | 'readJsonFile'>,
  options: { readonly description: Description; readonly learnBeforeMs: number },
): Promise<WarmStartDecision> {
  const { training, events } = options.description;
  const cold = (reason: string): WarmStartDecision => ({ kind: 'cold', reason });
  const { current } = await registry.pointer();
  if (!current) return cold('no release serves yet');
  const opened = await registry.open(current);
  if (!opened.ok) return cold(opened.error.reason);
  const { manifest, filePath } = opened.value;
  if (!manifest.files.some(({ path }) => path === STATE_FILE))
    return cold(`${current} was trained without training.warmStart`);
  const state = (await readJsonFile(filePath(STATE_FILE))) as WarmStartState;
  if (manifest.featureSetHash !== FeatureSet.hashOf(options.description))
    return cold('the feature set has changed');
  if (manifest.eventTypes.join() !== events.map(({ name }) => name).join())
    return cold('the event types have changed');
  if (manifest.dimension !== training.dimension || state.historyCountMax !== training.historyCountMax)
    return cold('training.dimension or training.historyCountMax has changed');
  if (state.learntToMs > options.learnBeforeMs)
    return cold(`${current} knows events that the rankers are to learn from`);
  return {
    kind: 'warm',
    parent: { version: current, learntToMs: state.learntToMs },
    featureSet: (await readJsonFile(filePath(FEATURE_SET_FILE))) as FeatureSetJson,
  };
}

/** The parent's base tower, to be trained on. Throws when the release has gone or is damaged. */
export async function openWarmTower(
  { registry, readTensorFile }: Pick<StepContext, 'registry' | 'readTensorFile'>,
  parent: WarmStartParent,
  sources: TwoTowerSources,
): Promise<TwoTower> {
  const opened = await registry.open(parent.version);
  if (!opened.ok) throw new Error(opened.error.reason);
  return TwoTower.fromTensors(await readTensorFile(opened.value.filePath(TOWER_FILE)), sources);
}

/** Puts the base tower among the release's files, for the next retraining. */
export async function keepForWarmStart(
  run: RunFolder,
  { tower, learntToMs }: { readonly tower: TwoTower; readonly learntToMs: number },
): Promise<void> {
  const { historyCountMax } = tower.parts.config;
  await run.writeTensors(`release/${TOWER_FILE}`, tower.toTensors());
  await run.writeJson(`release/${STATE_FILE}`, { learntToMs, historyCountMax } satisfies WarmStartState);
}
