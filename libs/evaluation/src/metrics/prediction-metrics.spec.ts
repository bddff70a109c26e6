import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { areaUnderRoc, calibrationCurve, calibrationError, logLoss } from './prediction-metrics';

describe('areaUnderRoc', () => {
  it('is the share of pairs in the right order, ties counting half', () => {
    const random = seededRandom(1);
    const predictions = Array.from({ length: 200 }, () => Math.floor(random() * 15));
    const labels = predictions.map((prediction) => (random() < prediction / 20 ? 1 : 0));
    let right = 0;
    let pairs = 0;
    for (let positive = 0; positive < 200; positive += 1)
      for (let negative = 0; negative < 200; negative += 1) {
        if (labels[positive] !== 1 || labels[negative] !== 0) continue;
        pairs += 1;
        right += (Math.sign(predictions[positive] - predictions[negative]) + 1) / 2;
      }
    expect(areaUnderRoc({ predictions, labels })).toBeCloseTo(right / pairs, 12);
  });

  it('knows perfect, reversed and constant predictions, and says NaN for a single class', () => {
    const labels = [0, 0, 1, 1];
    expect(areaUnderRoc({ predictions: [1, 2, 3, 4], labels })).toBe(1);
    expect(areaUnderRoc({ predictions: [4, 3, 2, 1], labels })).toBe(0);
    expect(areaUnderRoc({ predictions: [5, 5, 5, 5], labels })).toBe(0.5);
    expect(areaUnderRoc({ predictions: [1, 2], labels: [1, 1] })).toBeNaN();
  });

  it('refuses labels that do not belong to the predictions', () => {
    expect(() => areaUnderRoc({ predictions: [1], labels: [1, 0] })).toThrow('one label per prediction');
  });
});

describe('logLoss', () => {
  it('is the mean negative logarithm of what happened', () => {
    expect(logLoss({ predictions: [0.8, 0.4], labels: [1, 0] })).toBeCloseTo(
      (-Math.log(0.8) - Math.log(0.6)) / 2,
    );
  });

  it('stays finite for a certainty that was wrong', () => {
    expect(logLoss({ predictions: [0], labels: [1] })).toBeCloseTo(-Math.log(1e-7));
  });
});

describe('calibration', () => {
  it('weighs the distance of prediction and outcome by bin: worked by hand', () => {
    const data = { predictions: [0.1, 0.1, 0.9, 0.9, 0.9, 1], labels: [0, 1, 1, 1, 1, 1] };
    const curve = calibrationCurve(data, 2);
    expect(curve.map(({ count }) => count)).toEqual([2, 4]);
    expect(curve[0].meanPrediction).toBeCloseTo(0.1);
    expect(curve[0].positiveShare).toBe(0.5);
    expect(calibrationError(data, 2)).toBeCloseTo((2 / 6) * 0.4 + (4 / 6) * (1 - 3.7 / 4));
  });

  it('is 0 for predictions that come true as often as they say', () => {
    const predictions = [0.25, 0.25, 0.25, 0.25, 0.5, 0.5];
    expect(calibrationError({ predictions, labels: [1, 0, 0, 0, 1, 0] })).toBeCloseTo(0);
  });
});
