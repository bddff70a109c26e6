import { join } from 'node:path';
import { itemId, userId } from '@winnow/domain';
import { badRow, type ReadContext, type RecordReader } from './dataset';
import type { Row } from './delimited-rows';
import { parseNumber, parseTime, type Parsed } from './field-parsing';
import { recordsOfRows } from './ratings';
import type { BadRecord, DatasetRecord } from './records';

export const PURCHASE = 'purchase';

const COLUMN_COUNT = 8;
/** Products have five digits and perhaps letters; POST, DOT, M, BANK CHARGES … are none. */
const PRODUCT_PATTERN = /^\d{5}/;

interface Purchase {
  readonly stockCode: string;
  readonly description: string;
  readonly quantity: number;
  readonly price: number;
  readonly customer: string;
  readonly country: string;
  readonly timeMs: number;
  readonly line: number;
}

/** `17850.0` in some copies of the file, `17850` in others: one customer. */
const customerId = (text: string): string => text.trim().replace(/\.0$/, '');

/** The rules of the protocol, in the order in which a row's first reason is reported. */
function purchaseOf({ fields, line }: Row, nowMs: number): Parsed<Purchase> {
  const [invoice, stockCode, description, quantityText, timeText, priceText, customerText, country] =
    fields.map((field) => field.trim());
  if (/^c/i.test(invoice)) return { reason: 'cancelled' };
  const quantity = parseNumber(quantityText, 'quantity');
  if ('reason' in quantity) return quantity;
  if (quantity.value <= 0) return { reason: 'quantity is not positive' };
  const price = parseNumber(priceText, 'price');
  if ('reason' in price) return price;
  if (price.value <= 0) return { reason: 'price is not positive' };
  if (!PRODUCT_PATTERN.test(stockCode)) return { reason: 'stock code is not a product' };
  const customer = customerId(customerText);
  if (customer === '') return { reason: 'customer is unknown' };
  const time = parseTime(timeText, { nowMs });
  if ('reason' in time) return time;
  return {
    value: {
      stockCode,
      description: description.replace(/\s+/g, ' '),
      quantity: quantity.value,
      price: price.value,
      customer,
      country,
      timeMs: time.value,
      line,
    },
  };
}

/** What the rows say about one product: the text that most of them use, the price in the middle. */
class Product {
  readonly #uses = new Map<string, { count: number; lastMs: number }>();
  readonly #prices: number[] = [];

  add({ description, price, timeMs }: Purchase): void {
    this.#prices.push(price);
    if (description === '') return;
    const use = this.#uses.get(description) ?? { count: 0, lastMs: 0 };
    this.#uses.set(description, { count: use.count + 1, lastMs: Math.max(use.lastMs, timeMs) });
  }

  /** The most frequent description; of equally frequent ones the most recent. */
  get description(): string | null {
    const [best] = [...this.#uses].sort(([, a], [, b]) => b.count - a.count || b.lastMs - a.lastMs);
    return best?.[0] ?? null;
  }

  get medianPrice(): number {
    const sorted = Float64Array.from(this.#prices).sort();
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}

/** Numbers things in the order of their arrival. */
class Numbering {
  readonly names: string[] = [];
  readonly #numbers = new Map<string, number>();

  of(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

/** Purchases in columns: half a million of them must wait until the products are summed up. */
class Purchases {
  readonly #stockCodes = new Numbering();
  readonly #customers = new Numbering();
  readonly #products: Product[] = [];
  readonly #countries: string[] = [];
  readonly #columns = {
    products: [] as number[],
    customers: [] as number[],
    timesMs: [] as number[],
    quantities: [] as number[],
    lines: [] as number[],
  };

  add(purchase: Purchase): void {
    const product = this.#stockCodes.of(purchase.stockCode);
    const customer = this.#customers.of(purchase.customer);
    (this.#products[product] ??= new Product()).add(purchase);
    // A few customers move; the newest row is right.
    this.#countries[customer] = purchase.country || (this.#countries[customer] ?? '');
    this.#columns.products.push(product);
    this.#columns.customers.push(customer);
    this.#columns.timesMs.push(purchase.timeMs);
    this.#columns.quantities.push(purchase.quantity);
    this.#columns.lines.push(purchase.line);
  }

  *records(): Generator<DatasetRecord> {
    for (const [index, { description, medianPrice }] of this.#products.entries())
      yield {
        kind: 'item',
        itemId: itemId(this.#stockCodes.names[index]),
        attributes: { ...(description !== null && { description }), price: medianPrice },
      };
    for (const [index, country] of this.#countries.entries())
      yield {
        kind: 'user',
        userId: userId(this.#customers.names[index]),
        attributes: country === '' ? {} : { country },
      };
    const { products, customers, timesMs, quantities, lines } = this.#columns;
    for (let row = 0; row < lines.length; row += 1)
      yield {
        kind: 'event',
        userId: userId(this.#customers.names[customers[row]]),
        itemId: itemId(this.#stockCodes.names[products[row]]),
        eventType: PURCHASE,
        timeMs: timesMs[row],
        value: quantities[row],
        line: lines[row],
      };
  }
}

const BATCH_SIZE = 2_000;

function* inBatches(records: Iterable<DatasetRecord>): Generator<readonly DatasetRecord[]> {
  let batch: DatasetRecord[] = [];
  for (const record of records) {
    batch.push(record);
    if (batch.length < BATCH_SIZE) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

async function* refusedRows(
  path: string,
  context: ReadContext,
  kept: Purchases,
): AsyncGenerator<readonly BadRecord[]> {
  const file = { path, format: { separator: ',', quoted: true }, columnCount: COLUMN_COUNT, header: true };
  const records = recordsOfRows(file, context, (row) => {
    const purchase = purchaseOf(row, context.nowMs);
    if ('reason' in purchase) return badRow(path, row, purchase.reason);
    kept.add(purchase.value);
    return null;
  });
  for await (const batch of records) yield batch.filter((record) => record.kind === 'bad');
}

/**
 * UCI Online Retail: one file of invoice lines. Kept are sales of products to known customers; what else the file has
 * (cancellations, postage, fees, unknown customers) is refused with its reason. Products are summed up over all kept
 * lines, so their records come after the refused rows and before the first event. The value of an event is its quantity.
 */
export const onlineRetail = (folder: string, fileName: string): RecordReader =>
  async function* (context) {
    const kept = new Purchases();
    yield* refusedRows(join(folder, fileName), context, kept);
    yield* inBatches(kept.records());
  };
