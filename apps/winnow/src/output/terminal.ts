/** Where a command writes. Data goes to stdout, everything said about it to stderr. */
export interface Terminal {
  /** Whether a person watches stderr and lines can be redrawn. */
  readonly interactive: boolean;
  /** One or more lines of data. */
  print(text: string): void;
  /** One or more lines about the work. */
  note(text: string): void;
  /** Replaces the current line of stderr. */
  redraw(text: string): void;
}

const CLEAR_LINE = '\r\u001b[2K';

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const interactive = Boolean(process.stderr.isTTY) && !process.env['CI'];
  return {
    interactive,
    print: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    redraw: (text) => {
      const width = process.stderr.columns ?? 80;
      if (interactive) process.stderr.write(`${CLEAR_LINE}${text.slice(0, width - 1)}`);
    },
  };
}

/** Printed data as JSON, one document. */
export const printJson = (terminal: Terminal, value: unknown): void =>
  terminal.print(JSON.stringify(value, jsonValue, 2));

function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return [...(value as Uint8Array)];
  return value instanceof Map ? Object.fromEntries(value) : value;
}
