import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Settings } from '@winnow/platform';
import { candidateGenerationSettings } from '../apps/candidate-generation/src/config.schema';
import { eventCollectorSettings } from '../apps/event-collector/src/config.schema';
import { heavyRankerSettings } from '../apps/heavy-ranker/src/config.schema';
import { lightRankerSettings } from '../apps/light-ranker/src/config.schema';
import { orchestratorSettings } from '../apps/orchestrator/src/config.schema';
import { trainerSettings } from '../apps/trainer/src/config.schema';
import { environmentSettings } from '../apps/winnow/src/config.schema';
import { trackedFiles } from './tracked-files';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** By the name of the app that reads them. */
const SETTINGS: Readonly<Record<string, Settings>> = {
  'candidate-generation': candidateGenerationSettings,
  'event-collector': eventCollectorSettings,
  'heavy-ranker': heavyRankerSettings,
  'light-ranker': lightRankerSettings,
  orchestrator: orchestratorSettings,
  trainer: trainerSettings,
  winnow: environmentSettings,
};

/** The rows of the settings table: cells by variable. */
const rows = new Map(
  [...read('docs/operations.md').matchAll(/^\| `([A-Z_]+)` +\|(.+)\|$/gm)].map(([, variable, rest]) => [
    variable,
    rest.split('|').map((cell) => cell.trim()),
  ]),
);

/** Default values by variable, as somebody would write them; none for a variable that may be absent. */
const defaults = new Map<string, Set<string>>();
for (const settings of Object.values(SETTINGS))
  for (const { variable, schema } of Object.values(settings)) {
    const { data } = schema.safeParse(undefined);
    const known = defaults.get(variable) ?? new Set();
    defaults.set(variable, data === undefined ? known : known.add(String(data)));
  }

describe('the settings table of docs/operations.md', () => {
  it('is about every app that has settings', () => {
    const schemas = trackedFiles(root).filter((path) => /^apps\/[^/]+\/src\/config\.schema\.ts$/.test(path));
    expect(schemas.map((path) => path.split('/')[1]).sort()).toEqual(Object.keys(SETTINGS).sort());
  });

  it('has a row for every variable that a process reads', () => {
    expect([...defaults.keys()].filter((variable) => !rows.has(variable))).toEqual([]);
  });

  it('has no row for a variable that nobody reads', () => {
    const sources = trackedFiles(root).filter((path) => /^(apps|libs)\/.*(?<!\.spec)\.ts$/.test(path));
    const code = sources.map(read).join('\n');
    expect([...rows.keys()].filter((variable) => !code.includes(`'${variable}'`))).toEqual([]);
  });

  it('says the default of each; ports, which differ by process, are in docs/architecture.md', () => {
    const architecture = read('docs/architecture.md');
    for (const [variable, values] of defaults) {
      const [, cell = ''] = rows.get(variable) ?? [];
      const [first] = values;
      if (values.size === 1) expect(cell, variable).toContain(`\`${first}\``);
      for (const value of values.size > 1 ? values : [])
        expect(architecture, `${variable} ${value}`).toMatch(new RegExp(`\\| ${value.split(':')[1]} +\\|`));
    }
  });
});
