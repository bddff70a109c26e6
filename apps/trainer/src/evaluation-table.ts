/** One column of a table on a terminal. */
export interface TextColumn<Row> {
  readonly title: string;
  /** Default right. */
  readonly align?: 'left' | 'right';
  cell(row: Row): string;
}

/** Rows under a header, columns as wide as their content, two spaces apart. */
export function textTable<Row>(columns: readonly TextColumn<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((text, column) =>
          columns[column].align === 'left' ? text.padEnd(widths[column]) : text.padStart(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
