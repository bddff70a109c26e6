import { describe, expect, it } from 'vitest';
import { AdmissionGate } from './admission';

describe('AdmissionGate', () => {
  it('narrows from half its bound on, down to a tenth, and only then sheds', () => {
    const gate = new AdmissionGate({ inFlightMax: 4 });
    const factors = Array.from({ length: 5 }, () => gate.admit()?.loadFactor ?? null);
    expect(factors.slice(0, 2)).toEqual([1, 1]);
    expect(factors[2]).toBeCloseTo(0.55);
    expect(factors[3]).toBeCloseTo(0.1);
    expect(factors[4]).toBeNull();
  });

  it('takes a place back once', () => {
    const gate = new AdmissionGate({ inFlightMax: 1 });
    const admitted = gate.admit();
    expect(gate.admit()).toBeNull();
    admitted?.release();
    admitted?.release();
    expect(gate.inFlight).toBe(0);
    expect(gate.admit()).not.toBeNull();
  });
});
