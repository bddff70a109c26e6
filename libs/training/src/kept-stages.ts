import { createHash } from 'node:crypto';
import type { Description } from '@winnow/domain';
import { rankingFeatureNamesOf } from '@winnow/features';
import type { FeatureSet, ItemTable } from '@winnow/features';
import { TwoTower } from '@winnow/models';
import type { RankingExamples, TrainingReport } from '@winnow/models';
import { examplesFromTensors, examplesToTensors } from './examples-file';
import type { RunFrame } from './frame';
import type { RunFolder } from './ports';
import { towerSources } from './towers';

export interface KeptStagesOptions {
  /** Null: everything is made anew. */
  readonly folder: RunFolder | null;
  readonly description: Description;
  readonly items: ItemTable;
  readonly featureSet: FeatureSet;
  readonly frame: RunFrame;
  readonly seed: number;
}

/** A tower, and how its training went; null when it was trained earlier. */
export interface KeptTower {
  readonly model: TwoTower;
  readonly report: TrainingReport | null;
}

/**
 * Towers and ranking examples for trainings that differ only in what comes after them: each is made once for the settings
 * that it is made by. The folder must be of one set of data.
 */
export class KeptStages {
  constructor(private readonly options: KeptStagesOptions) {}

  async tower(name: 'base' | 'final', make: () => Promise<KeptTower>): Promise<KeptTower> {
    const { folder, featureSet, items } = this.options;
    if (!folder) return make();
    const file = this.file(`tower-${name}`, this.towerIdentity());
    const sources = towerSources(featureSet, items);
    if (await folder.has(file))
      return { model: TwoTower.fromTensors(await folder.readTensors(file), sources), report: null };
    const made = await make();
    await folder.writeTensors(file, made.model.toTensors());
    return made;
  }

  async examples(make: () => Promise<RankingExamples>): Promise<RankingExamples> {
    const { folder } = this.options;
    if (!folder) return make();
    const file = this.file('examples', this.exampleIdentity());
    if (await folder.has(file)) return examplesFromTensors(await folder.readTensors(file));
    const made = await make();
    await folder.writeTensors(file, examplesToTensors(made));
    return made;
  }

  private towerIdentity(): unknown {
    const { description, featureSet, seed, frame } = this.options;
    const { items, users, events, training } = description;
    const { dimension, historyCountMax, twoTower, itemTable, ranker } = training;
    return [
      [featureSet.hash, seed, frame.events.count, ranker.windowShare],
      { items, users, events, dimension, historyCountMax, twoTower, itemTable },
    ];
  }

  /** All but what rankers are trained by: settings that are new one day count as mattering. */
  private exampleIdentity(): unknown {
    const { heavyRanker: _heavy, index: _index, ranker, ...training } = this.options.description.training;
    const { epochsMax: _epochs, learningRate: _rate, retrievedPerShown: _mix, ...examples } = ranker;
    const { surfaces, objectives } = this.options.description;
    const home = surfaces.find(({ name }) => name === 'home')?.sources;
    const heads = objectives.map(({ weight: _weight, loss: _loss, ...head }) => head);
    const features = rankingFeatureNamesOf(this.options.description.items.attributes);
    return [this.towerIdentity(), { training, examples, home, heads, features }];
  }

  private file(name: string, identity: unknown): string {
    const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
    return `${name}-${hash.slice(0, 16)}.safetensors`;
  }
}
