/** Of features that every feature set has. */
const MEANINGS: Readonly<Record<string, string>> = {
  'tower-score': 'how near the towers place the user and the item',
  'tower-score-present': 'both have a vector',
  'trending-fast': 'popular in the last days',
  'trending-slow': 'popular in the last weeks',
  popularity: 'popular over all time',
  'momentum-fast': 'more popular in the last days than in the last weeks',
  'momentum-slow': 'more popular in the last weeks than over all time',
  'item-age': 'how long it has been around',
  'since-item-event': 'how long nobody has turned to it',
  'item-has-events': 'somebody has turned to it before',
  'neighbour-sum': 'what often follows the items of the history, the newest counting most',
  'neighbour-best': 'what often follows some item of the history',
  'neighbour-newest': 'what often follows the newest item of the history',
  'linear-sum': 'what a linear model expects after all items of the history',
  'linear-recent': 'what a linear model expects after the history, the newest counting most',
  'history-length': 'how much the user has done',
  'since-user-event': 'how long the user has been away',
  'history-cosine-max': 'how near it is to the nearest of the newest items',
  'history-cosine-mean': 'how near it is to the newest items on average',
  'seed-cosine': 'how near it is to the items of the request',
  'seed-neighbour': 'what often follows the items of the request',
};

/** Of features that there are once per attribute. */
const KIND_MEANINGS: Readonly<Record<string, string>> = {
  affinity: 'the user’s taste for its',
  'recent-affinity': 'the user’s taste of late for its',
  'recent-lift': 'how many times more than others the user turns to its',
  value: 'its',
  'above-habit': 'how far above what the user usually takes is its',
  'off-habit': 'how unlike what the user usually takes is its',
};

/** What a ranking feature says of a candidate, in words; null for a name that is none. */
export function rankingFeatureMeaning(name: string): string | null {
  if (Object.hasOwn(MEANINGS, name)) return MEANINGS[name];
  const dot = name.lastIndexOf('.');
  const kind = name.slice(dot + 1);
  if (dot < 1 || !Object.hasOwn(KIND_MEANINGS, kind)) return null;
  return `${KIND_MEANINGS[kind]} ${name.slice(0, dot)}`;
}
