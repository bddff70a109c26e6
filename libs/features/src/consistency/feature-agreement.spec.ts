import { describe, expect, it } from 'vitest';
import { FeatureAgreement } from './feature-agreement';

const pair = (served: readonly number[], recomputed: readonly number[], slateId = 's1') => ({
  slateId,
  names: ['age', 'share'],
  ordinals: Uint32Array.of(7, 9),
  served: Float32Array.from(served),
  recomputed: Float32Array.from(recomputed),
});

describe('the agreement of features', () => {
  it('is counted per feature, with the first value that differs', () => {
    const agreement = new FeatureAgreement(1e-3);
    agreement.add(pair([1, 2, 3, 4], [1, 2, 3, 4]));
    agreement.add(pair([1, 2, 3, 4], [1, 2, 3, 5], 's2'));
    agreement.add(pair([1, 2, 3, 4], [1, 0, 3, 4], 's3'));
    expect(agreement.rows()).toEqual([
      { feature: 'age', comparedCount: 6, agreedCount: 6, share: 1, differenceMax: 0, first: null },
      {
        ...{ feature: 'share', comparedCount: 6, agreedCount: 4, share: 4 / 6, differenceMax: 2 },
        first: { slateId: 's2', ordinal: 9, served: 4, recomputed: 5 },
      },
    ]);
  });

  it('is within a tolerance that is absolute for small values and relative for large ones', () => {
    const agreement = new FeatureAgreement(0.01);
    agreement.add(pair([0, 500, 0, 500], [0.009, 504, 0.011, 506]));
    expect(agreement.rows().map(({ agreedCount }) => agreedCount)).toEqual([1, 1]);
  });

  it('is not there where a value is no number, and nothing compared agrees', () => {
    const agreement = new FeatureAgreement(1);
    agreement.add(pair([NaN, 1, 1, 1], [NaN, NaN, 1, 1]));
    expect(agreement.rows().map(({ agreedCount }) => agreedCount)).toEqual([1, 1]);
    expect(new FeatureAgreement(1).rows()).toEqual([]);
  });
});
