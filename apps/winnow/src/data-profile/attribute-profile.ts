import { type AttributeDefinition, type AttributeValue, attributeViolation } from '@winnow/domain';
import { words } from '@winnow/features';
import type { AttributeReport, AttributeSpread, Side } from '@winnow/reporting';
import { DistinctSample } from './distinct-sample';
import { FrequentValues } from './frequent-values';
import { NumberSample } from './number-sample';

const VALUE_CAPACITY = 20_000;
const DISTINCT_CAPACITY = 65_536;
const TOP_COUNT = 20;

/** What is kept of an attribute's values while they pass. */
interface SpreadCollector {
  add(value: AttributeValue): void;
  spread(): AttributeSpread | null;
}

/** Presence and spread of one attribute over the records of one side. */
export class AttributeProfile {
  private present = 0;
  private missing = 0;
  private readonly collector: SpreadCollector;

  constructor(
    private readonly side: Side,
    readonly definition: AttributeDefinition,
  ) {
    this.collector = collectorOf(definition);
  }

  /** One record's value; what the description does not allow is refused by the import and not counted here. */
  add(value: AttributeValue | undefined): void {
    if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0))
      this.missing += 1;
    else if (attributeViolation(this.definition, value) === null) {
      this.present += 1;
      this.collector.add(value);
    }
  }

  report(): AttributeReport {
    const { name, type } = this.definition;
    return {
      side: this.side,
      name,
      type,
      presentCount: this.present,
      missingCount: this.missing,
      spread: this.collector.spread(),
    };
  }
}

function collectorOf({ type }: AttributeDefinition): SpreadCollector {
  switch (type) {
    case 'text':
      return textCollector();
    case 'category':
    case 'categories':
      return valueCollector(type === 'categories');
    case 'number':
    case 'timestamp':
      return numberCollector(type === 'timestamp' ? 'times' : 'numbers');
    case 'embedding':
      return vectorCollector();
  }
}

const distinctValues = (): DistinctSample<string, true> => new DistinctSample(DISTINCT_CAPACITY);
const seen = (): true => true;

function textCollector(): SpreadCollector {
  const distinct = distinctValues();
  const lengths = new NumberSample();
  return {
    add(value) {
      distinct.update(value as string, seen);
      lengths.add(words(value as string).length);
    },
    spread() {
      const spread = lengths.spread();
      const { distinctCount, share } = distinct;
      return spread && { kind: 'text', distinctCount, estimated: share < 1, words: spread };
    },
  };
}

function valueCollector(isList: boolean): SpreadCollector {
  const frequent = new FrequentValues(VALUE_CAPACITY);
  const distinct = distinctValues();
  const perRecord = new NumberSample();
  return {
    add(value) {
      const values = (isList ? value : [value]) as readonly string[];
      for (const each of values) {
        frequent.add(each);
        distinct.update(each, seen);
      }
      perRecord.add(values.length);
    },
    spread() {
      if (frequent.size === 0) return null;
      const exact = frequent.errorMax === 0;
      return {
        kind: 'values',
        distinctCount: exact ? frequent.size : distinct.distinctCount,
        estimated: !exact,
        top: frequent.top(TOP_COUNT),
        countErrorMax: frequent.errorMax,
        perRecord: isList ? perRecord.spread() : null,
      };
    },
  };
}

function numberCollector(kind: 'numbers' | 'times'): SpreadCollector {
  const numbers = new NumberSample();
  return {
    add: (value) => numbers.add(value as number),
    spread() {
      const spread = numbers.spread();
      return spread && { kind, spread };
    },
  };
}

function vectorCollector(): SpreadCollector {
  const norms = new NumberSample();
  return {
    add: (value) => norms.add(Math.hypot(...(value as readonly number[]))),
    spread() {
      const spread = norms.spread();
      return spread && { kind: 'vectors', norms: spread };
    },
  };
}
