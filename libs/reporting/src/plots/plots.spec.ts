import { describe, expect, it } from 'vitest';
import { barPlot } from './bar-plot';
import { curvePlot } from './curve-plot';
import { histogramPlot } from './histogram-plot';
import { createScale } from './scale';
import { linearTicks, logTicks, timeTicks } from './ticks';

/** Attributes of every element of a kind, in order. */
function elementsOf(svg: string, name: string): Record<string, string>[] {
  return [...svg.matchAll(new RegExp(`<${name}\\b([^>]*)>`, 'g'))].map(([, attributes]) =>
    Object.fromEntries([...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
  );
}

/** Places of a path's points. */
const pointsOf = (path: string): number[][] =>
  [...path.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);

/** What each tick says and where along x it stands, from the drawn axis. */
function xTicksOf(svg: string): { text: string; at: number }[] {
  return [...svg.matchAll(/<text class="tick middle" x="([\d.]+)"[^>]*>([^<]*)</g)].map(([, x, text]) => ({
    text,
    at: Number(x),
  }));
}

function yTicksOf(svg: string): { text: string; at: number }[] {
  return [...svg.matchAll(/<text class="tick end" x="[\d.]+" y="([\d.]+)"[^>]*>([^<]*)</g)].map(
    ([, y, text]) => ({ text, at: Number(y) }),
  );
}

describe('ticks', () => {
  it('are multiples of 1, 2, 2.5 or 5 times a power of ten, without rounding dust', () => {
    expect(linearTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks(0.03, 0.31, 6)).toEqual([0.05, 0.1, 0.15, 0.2, 0.25, 0.3]);
    expect(linearTicks(-7, 12, 4)).toEqual([-5, 0, 5, 10]);
    expect(linearTicks(1990, 2013, 5)).toEqual([1990, 1995, 2000, 2005, 2010]);
  });

  it('of a log axis are powers of ten, with 2 and 5 where there is room', () => {
    expect(logTicks(1, 100, 8)).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect(logTicks(1, 1e6, 8)).toEqual([1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]);
    expect(logTicks(1, 1e6, 4)).toEqual([1, 100, 10_000, 1_000_000]);
  });

  it('of time stand where a calendar has lines', () => {
    const { values, format } = timeTicks(Date.UTC(2012, 10, 20), Date.UTC(2013, 7, 5), 6);
    expect(values.map(format)).toEqual(['2013-01', '2013-03', '2013-05', '2013-07']);
    const hours = timeTicks(Date.UTC(2013, 0, 1, 1), Date.UTC(2013, 0, 1, 20), 8);
    expect(hours.values.map(hours.format)[0]).toBe('01-01 03:00');
  });
});

describe('a scale', () => {
  it('maps the ends of its domain to the ends of its pixels, and what is outside to the nearer end', () => {
    const scale = createScale({
      kind: 'linear',
      low: 0,
      high: 10,
      fromPixel: 100,
      toPixel: 300,
      tickCountMax: 5,
    });
    expect([0, 2.5, 10, -4, 99].map(scale.toPixel)).toEqual([100, 150, 300, 100, 300]);
  });

  it('gives equal room to equal factors when it is logarithmic', () => {
    const scale = createScale({
      kind: 'log',
      low: 1,
      high: 1_000,
      fromPixel: 0,
      toPixel: 300,
      tickCountMax: 5,
    });
    expect([1, 10, 100, 1_000, 0].map((value) => Math.round(scale.toPixel(value)))).toEqual([
      0, 100, 200, 300, 0,
    ]);
  });

  it('is a scale also for one value, and for none', () => {
    for (const [low, high] of [
      [3, 3],
      [Infinity, -Infinity],
      [0, 0],
    ]) {
      const scale = createScale({ kind: 'linear', low, high, fromPixel: 0, toPixel: 100, tickCountMax: 4 });
      expect(scale.ticks.length).toBeGreaterThan(0);
      expect(Number.isFinite(scale.toPixel(3))).toBe(true);
    }
  });
});

describe('a curve plot', () => {
  const axes = { x: { label: 'epoch' }, y: { label: 'loss' } };

  it('puts points where its own axes say they are', () => {
    const svg = curvePlot({
      label: 'loss by epoch',
      ...axes,
      series: [{ name: 'loss', points: [0, 1, 2, 3, 4].map((x) => ({ x, y: 10 * x })) }],
    }).text;
    const [line] = elementsOf(svg, 'path');
    const drawn = pointsOf(line['d']);
    for (const { text, at } of xTicksOf(svg).filter(({ text }) => Number.isInteger(Number(text))))
      expect(drawn[Number(text)][0]).toBeCloseTo(at, 0);
    const yOf = new Map(yTicksOf(svg).map(({ text, at }) => [text, at]));
    expect(drawn[2][1]).toBeCloseTo(yOf.get('20')!, 0);
    expect(drawn[4][1]).toBeLessThan(drawn[0][1]);
  });

  it('draws the interval as a band that encloses its line', () => {
    const points = [1, 2, 3].map((x) => ({ x, y: x, low: x - 0.5, high: x + 0.5 }));
    const svg = curvePlot({ label: 'with interval', ...axes, series: [{ name: 'a', points }] }).text;
    const [band, line] = elementsOf(svg, 'path').map(({ d }) => pointsOf(d));
    expect(band).toHaveLength(6);
    line.forEach(([x, y], index) => {
      const [upper, lower] = [band[index], band[5 - index]];
      expect([upper[0], lower[0]]).toEqual([x, x]);
      expect(upper[1]).toBeLessThan(y);
      expect(lower[1]).toBeGreaterThan(y);
    });
  });

  it('breaks a line where a value is missing instead of drawing through it', () => {
    const points = [1, 2, NaN, 4, 5].map((y, x) => ({ x, y }));
    const svg = curvePlot({ label: 'a gap', ...axes, series: [{ name: 'a', points }] }).text;
    expect(elementsOf(svg, 'path').map(({ d }) => pointsOf(d).length)).toEqual([2, 2]);
  });

  it('keeps tick labels apart, however long they are', () => {
    const svg = curvePlot({
      label: 'days',
      x: { label: 'day', kind: 'time' },
      y: { label: 'events' },
      series: [
        {
          name: 'a',
          points: Array.from({ length: 40 }, (_, day) => ({ x: Date.UTC(2013, 0, 1 + day), y: day })),
        },
      ],
    }).text;
    const ticks = xTicksOf(svg);
    expect(ticks.length).toBeGreaterThan(2);
    for (let index = 1; index < ticks.length; index += 1)
      expect(ticks[index].at - ticks[index - 1].at).toBeGreaterThan(6.6 * ticks[index].text.length);
  });

  it('keeps the last tick label inside the picture', () => {
    const points = [0, 59].map((day) => ({ x: Date.UTC(2026, 0, 1 + day), y: day }));
    const svg = curvePlot({
      ...{ label: 'days', x: { label: 'day', kind: 'time' }, y: { label: 'n' } },
      series: [{ name: 'a', points }],
      size: { widthPx: 1000, heightPx: 280 },
    }).text;
    for (const { text, at } of xTicksOf(svg)) expect(at + 3.3 * text.length).toBeLessThanOrEqual(1000);
  });

  it('draws an empty frame when there is nothing to draw', () => {
    const svg = curvePlot({ label: 'nothing', ...axes, series: [{ name: 'a', points: [] }] }).text;
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(elementsOf(svg, 'path')).toEqual([]);
  });
});

describe('a histogram', () => {
  it('has bars as high as their counts and as wide as their bins, stacked without gap or overlap', () => {
    const svg = histogramPlot({
      label: 'two kinds',
      x: { label: 'value' },
      y: { label: 'items' },
      edges: [0, 1, 3],
      series: [
        { name: 'a', counts: [10, 20] },
        { name: 'b', counts: [30, 0] },
      ],
    }).text;
    const [first, second, onFirst] = elementsOf(svg, 'rect').map(({ x, y, width, height }) => ({
      x: Number(x),
      y: Number(y),
      width: Number(width),
      height: Number(height),
    }));
    expect(second.height).toBeCloseTo(2 * first.height, 0);
    expect(onFirst.height).toBeCloseTo(3 * first.height, 0);
    expect(second.width + 1).toBeCloseTo(2 * (first.width + 1), 0);
    expect(onFirst.x).toBe(first.x);
    expect(onFirst.y + onFirst.height).toBeCloseTo(first.y, 0);
    expect(elementsOf(svg, 'rect')).toHaveLength(3);
  });

  it('throws when a series has not one count per bin', () => {
    const options = { label: '', x: { label: '' }, y: { label: '' }, edges: [0, 1, 2] };
    expect(() => histogramPlot({ ...options, series: [{ name: 'a', counts: [1] }] })).toThrow(
      'a has a count',
    );
  });
});

describe('a bar plot', () => {
  it('draws bars from zero in proportion to their values, whiskers at their intervals', () => {
    const svg = barPlot({
      label: 'recall by group',
      value: { label: 'recall@20' },
      series: ['recall'],
      bars: [
        { label: 'short', values: [{ value: 0.1, low: 0.05, high: 0.2 }] },
        { label: 'long', values: [{ value: 0.4 }] },
      ],
    }).text;
    const [first, second] = elementsOf(svg, 'rect').map(({ x, width }) => ({
      x: Number(x),
      width: Number(width),
    }));
    expect(second.width).toBeCloseTo(4 * first.width, 0);
    const [, from, to] = /M([\d.]+) [\d.]+H([\d.]+)/.exec(svg)!;
    expect(Number(from)).toBeCloseTo(first.x + first.width / 2, 0);
    expect(Number(to)).toBeCloseTo(first.x + 2 * first.width, 0);
  });

  it('lets bars grow from a reference to either side', () => {
    const svg = barPlot({
      label: 'parity',
      value: { label: 'ratio' },
      series: ['ratio'],
      bars: [0.5, 1.5].map((value) => ({ label: String(value), values: [{ value }] })),
      reference: { value: 1, grow: true },
    }).text;
    const [less, more] = elementsOf(svg, 'rect').map(({ x, width }) => ({
      x: Number(x),
      width: Number(width),
    }));
    expect(less.x + less.width).toBeCloseTo(more.x, 0);
    expect(less.width).toBeCloseTo(more.width, 0);
    expect(svg).toContain('class="reference"');
  });

  it('cuts a label that would leave the picture, and keeps it whole for who points at it', () => {
    const label = 'a label that is far too long to stand beside its bar';
    const bars = [{ label, values: [{ value: 1 }] }];
    const svg = barPlot({ label: 'x', value: { label: 'n' }, series: ['n'], bars }).text;
    expect(svg).toContain(`<title>${label}</title>`);
    expect(svg).toMatch(/>a label that is far too[^<]*…</);
  });
});
