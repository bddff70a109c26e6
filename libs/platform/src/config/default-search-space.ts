import type { TuningFile } from './tuning-schema';

type Parameters = NonNullable<TuningFile['parameters']>;

/** What retrieval is trained with. */
export const TOWER_PARAMETERS: Parameters = {
  'training.dimension': { choices: [32, 64, 96, 128] },
  'training.historyCountMax': { low: 10, high: 100, scale: 'log' },
  'training.twoTower.learningRate': { low: 0.0005, high: 0.01, scale: 'log' },
  'training.twoTower.temperature': { low: 0.05, high: 0.4, scale: 'log' },
  'training.twoTower.batchSize': { choices: [128, 256, 512, 1024] },
  'training.twoTower.uniformNegativeCount': { choices: [128, 512, 1024, 2048] },
  'training.twoTower.epochsMax': { low: 4, high: 16, scale: 'log' },
};

/** What rankers learn from, and how; and what is retrieved for them. A source that a surface leaves out stays out. */
export const RANKER_PARAMETERS: Parameters = {
  'training.heavyRanker.architecture': {
    choices: ['wide-attentive-cross', 'wide-and-deep', 'deepfm', 'dcn-v2'],
  },
  'training.heavyRanker.rankingLoss': { choices: ['listwise', 'pairwise', 'none'] },
  'training.ranker.learningRate': { low: 0.0005, high: 0.008, scale: 'log' },
  'training.ranker.candidateCount': { choices: [50, 100, 200] },
  'training.ranker.labelHorizonHours': { low: 24, high: 720, scale: 'log' },
  'training.trendingHalfLifeHours.0': { low: 12, high: 96, scale: 'log' },
  'training.trendingHalfLifeHours.1': { low: 120, high: 1440, scale: 'log' },
  'surfaces.home.sources.two-tower': { low: 100, high: 1000, scale: 'log' },
  'surfaces.home.sources.similar': { low: 50, high: 500, scale: 'log' },
  'surfaces.home.sources.trending': { low: 20, high: 400, scale: 'log' },
};

/** Settings that the two-tower model is trained by; all others are read by what comes after it. */
const TOWER_SETTING = /^training\.(dimension|historyCountMax|twoTower|itemTable)(\.|$)/;

export const isTowerSetting = (path: string): boolean => TOWER_SETTING.test(path);
