import { paletteRules, paletteVariables } from '../plots/palette';

const LIGHT = `--page: #ffffff; --panel: #f6f7f8; --ink: #1b1f23; --soft: #5b646d; --rule: #d9dde1; --grid: #e6e9ec;
  --good: #0b6b3a; --bad: #a8321a; --note: #7a5a00; ${paletteVariables('light')}`;
const DARK = `--page: #14171a; --panel: #1d2125; --ink: #e8eaed; --soft: #a4adb6; --rule: #3a4046; --grid: #2b3035;
  --good: #5fd093; --bad: #ff9177; --note: #eac04f; ${paletteVariables('dark')}`;

/** The style sheet of every report: system fonts, the reader's choice of light or dark, and plain light on paper. */
export const styleSheet = (): string => `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 44px 0 12px; padding-top: 12px; border-top: 1px solid var(--rule); }
h3 { font-size: 15px; margin: 28px 0 8px; }
p { margin: 0 0 12px; max-width: 75ch; }
a { color: var(--series-0); }
.lead, .caption, .muted { color: var(--soft); }
.lead { margin-bottom: 20px; max-width: none; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 0 0 8px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0; padding: 0; }
.tile { background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 10px 14px; }
.tile dt { color: var(--soft); font-size: 13px; }
.tile dd { margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tile .detail { display: block; font-size: 12px; color: var(--soft); }
.notes { list-style: none; padding: 0; margin: 16px 0; display: grid; gap: 8px; }
.notes li { border: 1px solid var(--rule); border-left: 4px solid var(--soft); border-radius: 4px; padding: 8px 12px; background: var(--panel); }
.notes .good { border-left-color: var(--good); } .notes .good b { color: var(--good); }
.notes .bad { border-left-color: var(--bad); } .notes .bad b { color: var(--bad); }
.notes .note { border-left-color: var(--note); } .notes .note b { color: var(--note); }
.figures > .table { margin-top: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 24px 28px; align-items: start; margin: 12px 0; }
figure { margin: 0; break-inside: avoid; min-width: 0; }
figure.wide { grid-column: 1 / -1; overflow-x: auto; } figure.wide .plot { min-width: 640px; }
figcaption { font-weight: 600; margin-bottom: 2px; }
figcaption + .caption { font-size: 13px; margin: 0 0 4px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; padding: 0; margin: 4px 0; font-size: 13px; }
.legend svg { width: 24px; height: 10px; margin-right: 6px; vertical-align: middle; }
.plot { display: block; width: 100%; height: auto; font-size: 12px; overflow: visible; }
.plot text { fill: var(--ink); } .plot .tick, .plot .axis-label { fill: var(--soft); }
.plot .middle { text-anchor: middle; } .plot .end { text-anchor: end; } .plot .value { font-variant-numeric: tabular-nums; }
.plot .grid { stroke: var(--grid); } .plot .axis { stroke: var(--soft); } .plot .reference { stroke: var(--ink); stroke-dasharray: 4 3; }
.line { fill: none; stroke: var(--colour); stroke-width: 2; stroke-dasharray: var(--dashes, none); stroke-linejoin: round; }
.band { fill: var(--colour); opacity: 0.16; } .dot, .bar { fill: var(--colour); }
.dot { fill-opacity: 0.75; } .whisker { fill: none; stroke: var(--ink); stroke-width: 1.25; }
.table { overflow-x: auto; margin: 8px 0 16px; break-inside: avoid; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; min-width: min(100%, 420px); }
caption { text-align: left; font-weight: 600; padding-bottom: 6px; }
th, td { padding: 5px 12px 5px 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
th:last-child, td:last-child { padding-right: 0; }
thead th { border-bottom: 2px solid var(--soft); white-space: nowrap; vertical-align: bottom; font-weight: 600; }
tbody th { font-weight: 500; min-width: 9ch; overflow-wrap: break-word; }
.number { text-align: right; white-space: nowrap; } .best { font-weight: 700; }
.interval { color: var(--soft); font-size: 12px; font-weight: 400; }
details { margin: 6px 0; font-size: 13px; } summary { cursor: pointer; color: var(--soft); }
footer { margin-top: 48px; padding-top: 12px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 13px; }
pre { font: 13px/1.5 ui-monospace, "Liberation Mono", monospace; background: var(--panel); border: 1px solid var(--rule); border-radius: 4px; padding: 10px 14px; overflow-x: auto; }
code { font-family: ui-monospace, "Liberation Mono", monospace; font-size: 0.92em; overflow-wrap: anywhere; }
${paletteRules()}
@media print {
  :root { color-scheme: light; ${LIGHT} }
  @page { margin: 14mm; }
  main { max-width: none; padding: 0; zoom: 0.68; } nav, details { display: none; }
  .table { overflow: visible; } figure.wide .plot { min-width: 0; } h2, h3 { break-after: avoid; } tr { break-inside: avoid; }
}`;
