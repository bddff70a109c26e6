import { describe } from 'vitest';
import { itAgrees } from './evaluation-agreement.fixture';

const at20 = (recall: number, ndcg: number) =>
  [
    ['recall', 20, recall],
    ['ndcg', 20, ndcg],
  ] as const;

/** Those that take seconds; EASE, iALS and the blend take minutes: docs/evaluation.md has them with their command. */
describe('models without a network, split by time', () => {
  itAgrees({
    data: 'online-retail',
    protocol: 'gt',
    expected: { popular: at20(0.0343, 0.0365), 'popular-recent': at20(0.0851, 0.0933) },
  });
  itAgrees({
    data: 'movietweetings',
    protocol: 'gt',
    expected: {
      popular: at20(0.196, 0.094),
      'popular-recent': at20(0.2927, 0.1504),
      'popular-decayed': at20(0.3393, 0.183),
      'item-knn': at20(0.1991, 0.1017),
    },
  });
});
