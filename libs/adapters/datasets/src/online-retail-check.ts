import { readRows } from './delimited-rows';

const ROW_COUNT = 541_909;
const QUANTITY_TOTAL = 5_176_450;
const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const QUANTITY_COLUMN = 3;

/** The archive makes this file anew for every caller, so its bytes are not fixed; its rows are. */
export async function checkOnlineRetailRows(path: string): Promise<string | null> {
  let rowCount = -1;
  let quantityTotal = 0;
  let header = '';
  for await (const rows of readRows({ path }, { separator: ',', quoted: true }))
    for (const { fields } of rows) {
      rowCount += 1;
      if (rowCount === 0) header = fields.join();
      else quantityTotal += Number(fields[QUANTITY_COLUMN]);
    }
  if (header !== HEADER) return `has the columns ${header}, expected ${HEADER}`;
  if (rowCount !== ROW_COUNT) return `has ${rowCount} rows, expected ${ROW_COUNT}`;
  if (quantityTotal !== QUANTITY_TOTAL)
    return `has a total quantity of ${quantityTotal}, expected ${QUANTITY_TOTAL}`;
  return null;
}
