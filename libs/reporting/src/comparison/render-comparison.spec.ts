import { describe, expect, it } from 'vitest';
import { comparison } from './comparison.fixture';
import { headlineFigure, metricTables } from './metric-tables';
import { renderComparison } from './render-comparison';
import { meanOfKnown, slicedRecalls } from './run-means';

const report = comparison();
const [part] = report.parts;
const written = JSON.parse(JSON.stringify(report)) as typeof report;

/** Rows of a table, each the text of its cells. */
const rowsOf = (html: string): string[][] =>
  [...html.matchAll(/<tr>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) =>
      cell.replace(/<br>/g, ' ').replace(/<[^>]+>/g, ''),
    ),
  );

describe('a comparison as a page', () => {
  it('shows every model with its means and half-widths, the best of a column set off', () => {
    const [quality] = metricTables(part).map(({ text }) => text);
    const [head, ...rows] = rowsOf(quality);
    expect(head).toEqual(['model', 'recall@10', 'recall@20', 'NDCG@10', 'NDCG@20', 'MRR@20', 'AUC']);
    expect(rows).toHaveLength(part.models.length);
    const recall = part.models[0].metrics.find(({ metric, k }) => metric === 'recall' && k === 20)!;
    expect(rows[0][2]).toBe(`${recall.mean.toFixed(4)} ± 0.0100`);
    const bests = [...quality.matchAll(/class="number best"/g)].length;
    expect(bests).toBe(head.length - 1);
  });

  it('calls nothing the best where neither way is better', () => {
    const [, catalogue] = metricTables(part).map(({ text }) => text);
    expect(rowsOf(catalogue)[0]).toEqual(['model', 'coverage@20', 'Gini@20']);
    expect(catalogue).not.toContain('best');
    expect(catalogue).not.toContain('±');
  });

  it('orders the bars by the headline metric', () => {
    const labels = [...headlineFigure(part).text.matchAll(/data-label="([^"]*)"/g)].map(([, label]) => label);
    const ndcg = (title: string): number =>
      part.models
        .find((model) => model.title === title)!
        .metrics.find(({ metric, k }) => metric === 'ndcg' && k === 20)!.mean;
    expect(labels.map(ndcg)).toEqual(labels.map(ndcg).toSorted((left, right) => right - left));
  });

  it('averages slices over the runs, and what is not known counts for nothing', () => {
    const [users, items] = slicedRecalls(part.models);
    expect(users).toMatchObject({ by: 'activity of the user', of: 'users', k: 20 });
    expect(users.groups[1].recalls[0]).toBeCloseTo(
      part.models[0].runs[0].userSlices[0].groups[1].recall.mean,
      12,
    );
    expect(items.groups).toHaveLength(2);
    expect(meanOfKnown([1, null, NaN, 3, undefined])).toBe(2);
    expect(meanOfKnown([null])).toBeNaN();
  });

  it('is whole also after JSON, without a script or a hole, and says what was left out', () => {
    for (const each of [report, written, comparison(1)]) {
      const page = renderComparison(each);
      expect(page).not.toMatch(/NaN|undefined|Infinity|>null<|<script/);
      expect(page).toContain('mult-vae is not in the table.');
      expect(page).toContain('needs a &lt;backend&gt;');
      expect(page).toContain('share of test events left out');
    }
    expect(renderComparison(written)).toBe(renderComparison(report));
  });
});
