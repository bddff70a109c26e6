import { describe } from 'vitest';
import { itAgrees } from './evaluation-agreement.fixture';

const at10 = (recall: number, ndcg: number) =>
  [
    ['recall', 10, recall],
    ['ndcg', 10, ndcg],
  ] as const;

describe('models without a network, on benchmarks', () => {
  itAgrees({ data: 'ml-1m-sequences', protocol: 'loo', expected: { transitions: at10(0.2483, 0.1427) } });
  itAgrees({ data: 'amazon-beauty', protocol: 'loo', expected: { transitions: at10(0.0779, 0.0489) } });
  itAgrees({
    data: 'movielens-100k',
    protocol: 'folds',
    expected: { 'global-mean': [['rmse', null, 1.126]], biases: [['rmse', null, 0.944]] },
  });
});
