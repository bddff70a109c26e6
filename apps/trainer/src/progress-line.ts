/** Shows how far work is: one line that is rewritten on a terminal, a line every few seconds elsewhere. */
export class ProgressLine {
  private lastAtMs = 0;
  private shown = '';

  constructor(
    private readonly stream: NodeJS.WriteStream,
    private readonly quiet: boolean,
  ) {}

  show(title: string, fraction: number, note: string): void {
    if (this.quiet) return;
    const interval = this.stream.isTTY ? 100 : 5_000;
    const now = performance.now();
    if (now - this.lastAtMs < interval) return;
    this.lastAtMs = now;
    const percent = `${Math.round(100 * Math.min(1, Math.max(0, fraction)))} %`.padStart(5);
    const line = `  ${title.padEnd(10)} ${bar(fraction)} ${percent}  ${note}`;
    if (!this.stream.isTTY) {
      this.stream.write(`${line}\n`);
      return;
    }
    const width = this.stream.columns ?? 100;
    this.shown = line.slice(0, width - 1);
    this.stream.write(`\r\u001b[2K${this.shown}`);
  }

  /** Ends the moving line and writes a lasting one. */
  note(line: string): void {
    if (this.quiet) return;
    if (this.stream.isTTY && this.shown) this.stream.write('\r\u001b[2K');
    this.shown = '';
    this.stream.write(`${line}\n`);
  }
}

const WIDTH = 20;

function bar(fraction: number): string {
  const filled = Math.round(WIDTH * Math.min(1, Math.max(0, fraction)));
  return `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}]`;
}
