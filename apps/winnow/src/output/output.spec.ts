import { describe, expect, it } from 'vitest';
import { ProgressBar, progressText } from './progress';
import { agoText, bytesText, durationText } from './quantities';
import { displayWidth, renderTable } from './table';
import type { Terminal } from './terminal';

describe('a table', () => {
  it('aligns columns by what a terminal shows, not by code units', () => {
    const table = renderTable(
      [
        { title: '#', align: 'right', cell: (row: { n: number }) => row.n },
        { title: 'title', cell: (row: { n: number; title: string }) => row.title },
        { title: 'end', cell: () => '|' },
      ],
      [
        { n: 1, title: 'Amélie' },
        { n: 10, title: '千と千尋' },
      ],
    );
    const columns = table
      .split('\n')
      .slice(2)
      .map((line) => displayWidth(line.slice(0, line.indexOf('|'))));
    expect(columns[0]).toBe(columns[1]);
    expect(table).toMatch(/^ #\s+title/);
  });

  it('cuts long cells and never passes control characters on to the terminal', () => {
    const table = renderTable(
      [{ title: 't', widthMax: 10, cell: (row: string) => row }],
      ['x'.repeat(30), 'a\u001b[2Jb\nc'],
    );
    expect(table.split('\n')[2]).toBe(`${'x'.repeat(9)}…`);
    expect(table).not.toMatch(/\u001b/);
    expect(table.split('\n')).toHaveLength(4);
  });
});

describe('quantities', () => {
  it('are written for people', () => {
    expect([950, 1_500, 125_000].map(durationText)).toEqual(['950 ms', '1.5 s', '2 min 5 s']);
    expect([512, 1_536, 3 * 1024 ** 3].map(bytesText)).toEqual(['512 B', '1.5 KiB', '3.0 GiB']);
    expect(agoText(0, 5 * 60_000)).toBe('5 min ago');
  });
});

describe('progress', () => {
  it('shows share, counts and the time that is left', () => {
    expect(progressText({ label: 'items', done: 250, total: 1_000 }, 1_000, false)).toBe(
      'items  25 %  250 / 1,000  eta 3.0 s',
    );
    expect(progressText({ label: 'items', done: 250 }, 1_000, false)).toBe('items  250  1.0 s');
  });

  it('writes a line every few seconds where nothing can be redrawn', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const terminal: Terminal = {
      interactive: false,
      print: () => undefined,
      note: (text) => lines.push(text),
      redraw: () => expect.unreachable('redrawn without a terminal'),
    };
    const bar = new ProgressBar(terminal, { nowMs: () => nowMs, monotonicMs: () => nowMs });
    for (nowMs = 0; nowMs <= 10_000; nowMs += 100) bar.report({ label: 'items', done: nowMs, total: 10_000 });
    bar.end();
    expect(lines.length).toBeGreaterThanOrEqual(3);
    expect(lines.length).toBeLessThanOrEqual(4);
  });
});
