import { describe, expect, it } from 'vitest';
import { attributeViolation } from '@winnow/domain';
import { loadDescription } from '@winnow/platform';
import { examplePath } from '../config.schema';
import { conformTo } from './conform-source';
import type { SourceRecord } from './import-source';
import { syntheticSource } from './synthetic-source';

const WORLD = { seed: 2, itemCount: 50, userCount: 20, days: 2, slatesPerDay: 40 };

async function recordsFor(example: string): Promise<readonly SourceRecord[]> {
  const description = await loadDescription(examplePath(example));
  const records: SourceRecord[] = [];
  for await (const batch of conformTo(syntheticSource(WORLD), description).batches()) records.push(...batch);
  return records;
}

describe('a synthetic world made to fit another description', () => {
  it('becomes ratings of films with titles and genres for the film example', async () => {
    const description = await loadDescription(examplePath('movietweetings'));
    const records = await recordsFor('movietweetings');
    const events = records.filter((record) => record.kind === 'event');
    expect(new Set(events.map(({ eventType }) => eventType))).toEqual(new Set(['rated']));
    expect(events.every(({ value }) => value === 8)).toBe(true);
    const [film] = records.filter((record) => record.kind === 'item');
    expect(Object.keys(film.attributes).sort()).toEqual(['genres', 'title']);
    for (const definition of description.items.attributes)
      expect(attributeViolation(definition, film.attributes[definition.name] ?? null)).toBeNull();
  });

  it('stays what it is for its own example', async () => {
    const events = (await recordsFor('synthetic')).filter((record) => record.kind === 'event');
    expect(new Set(events.map(({ eventType }) => eventType)).has('view')).toBe(true);
    expect(events.some(({ eventType }) => eventType === 'click')).toBe(true);
  });
});
