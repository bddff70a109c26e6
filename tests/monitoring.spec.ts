import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { trackedFiles } from './tracked-files';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
interface Panel {
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const rules = (
  parse(read('deploy/monitoring/alerts.yml')) as { readonly groups: readonly { readonly rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(read('deploy/monitoring/grafana/dashboards/winnow.json')) as {
  readonly panels: readonly Panel[];
};

/** Names that the code registers; a histogram stands for the three series that Prometheus makes of it. */
const registered = new Set(
  trackedFiles(root)
    .filter((path) => /^(apps|libs)\/.*\.ts$/.test(path) && !path.endsWith('.spec.ts'))
    .flatMap((path) => [...read(path).matchAll(/name: '(winnow_\w+)'/g)].map(([, name]) => name)),
);
const unknownMetrics = (expression: string): string[] =>
  [...expression.matchAll(/\bwinnow_\w+/g)]
    .map(([name]) => name)
    .filter((name) => !registered.has(name) && !registered.has(name.replace(/_(bucket|sum|count)$/, '')));

it('alerts and panels ask for metrics that the code has', () => {
  expect(registered.size).toBeGreaterThan(20);
  for (const { alert, expr } of rules) expect(unknownMetrics(expr), alert).toEqual([]);
  for (const { title, targets } of panels)
    for (const { expr } of targets ?? []) expect(unknownMetrics(expr), title).toEqual([]);
});

it('every metric of the code is watched by a panel or an alert', () => {
  const asked = [...rules.map(({ expr }) => expr), ...panels.flatMap(({ targets }) => targets ?? [])]
    .map((one) => (typeof one === 'string' ? one : one.expr))
    .join(' ');
  const unwatched = [...registered].filter((name) => !asked.includes(name));
  expect(unwatched).toEqual([]);
});

it('every alert has a severity, a runbook that names it, and a line in the list of runbooks', () => {
  const list = read('docs/runbooks/README.md');
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, labels, annotations } of rules) {
    expect(['critical', 'warning'], alert).toContain(labels.severity);
    expect(existsSync(join(root, annotations.runbook)), annotations.runbook).toBe(true);
    expect(read(annotations.runbook), annotations.runbook).toContain(`\`${alert}\``);
    expect(list).toContain(`\`${alert}\``);
  }
});

it('panels of the dashboard do not lie on each other', () => {
  for (const [index, one] of panels.entries())
    for (const other of panels.slice(index + 1)) {
      const [a, b] = [one.gridPos, other.gridPos];
      const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
      expect(apart, `${one.title} and ${other.title}`).toBe(true);
    }
});
