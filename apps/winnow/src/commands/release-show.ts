import {
  type CanaryReport,
  type ReleaseManifest,
  type ReleaseVersion,
  releaseVersion,
  type VerifiedRelease,
} from '@winnow/domain';
import type { ModelRegistry } from '@winnow/model-registry';
import type { Command } from 'commander';
import { usageError } from '../command-error';
import { openRegistry } from '../composition-root';
import { type CommandContext, settingsOf } from '../context';
import { renderCanary } from '../output/canary-text';
import { bytesText, countText, timeText } from '../output/quantities';
import { renderTable } from '../output/table';
import { printJson } from '../output/terminal';

interface Options {
  readonly card?: boolean;
  readonly gate?: boolean;
  readonly json?: boolean;
}

/** A page inside a release; releases from before there were such pages have none. */
interface ReleasePage {
  readonly title: string;
  readonly file: string;
}

const CARD: ReleasePage = { title: 'model card', file: 'model-card.html' };
const GATE: ReleasePage = { title: 'report of the gate', file: 'gate.html' };

/** `releases show`: one release, checked whole before a word of it is printed. */
export function registerShow(releases: Command, context: CommandContext): void {
  releases
    .command('show [version]')
    .description(
      'one release, checked: what it is made from, its figures, its files (default: the one that serves)',
    )
    .option('--card', 'print the path of its model card, an HTML file, and nothing else')
    .option('--gate', 'print the path of the report on why it was promoted or refused, an HTML file')
    .option('--json', 'print the manifest as JSON')
    // With those of the parent: commander gives it every option that both have.
    .action((version: string | undefined, _options: Options, command: Command) =>
      show(version, command.optsWithGlobals<Options>(), openRegistry(settingsOf(command, context)), context),
    );
}

async function show(
  version: string | undefined,
  options: Options,
  registry: ModelRegistry,
  { terminal }: CommandContext,
): Promise<void> {
  const release = await openRelease(version === undefined ? null : releaseVersion(version), registry);
  const { manifest } = release;
  const wanted = options.card ? CARD : options.gate ? GATE : null;
  if (wanted) return terminal.print(requiredPath(release, wanted));
  const pages = { card: pathOf(release, CARD), gate: pathOf(release, GATE) };
  const canaryReport =
    (await registry.canaryReports()).find((one) => one.version === manifest.version) ?? null;
  if (options.json) return printJson(terminal, { ...manifest, ...pages, canaryReport });
  terminal.print(renderRelease(manifest, { pages, canaryReport }));
}

async function openRelease(
  version: ReleaseVersion | null,
  registry: ModelRegistry,
): Promise<VerifiedRelease> {
  const wanted = version ?? (await registry.pointer()).current;
  if (wanted === null) throw usageError('no release serves yet', 'make one with: npx winnow train');
  const opened = await registry.open(wanted);
  if (!opened.ok) throw usageError(opened.error.reason, 'list what there is with: npx winnow releases');
  return opened.value;
}

const pathOf = (release: VerifiedRelease, { file }: ReleasePage): string | null =>
  release.manifest.files.some(({ path }) => path === file) ? release.filePath(file) : null;

function requiredPath(release: VerifiedRelease, page: ReleasePage): string {
  const path = pathOf(release, page);
  if (path === null)
    throw usageError(
      `release ${release.manifest.version} has no ${page.title}`,
      'it was made before there was one; train anew',
    );
  return path;
}

function renderRelease(
  manifest: ReleaseManifest,
  {
    pages,
    canaryReport,
  }: {
    readonly pages: { readonly card: string | null; readonly gate: string | null };
    readonly canaryReport: CanaryReport | null;
  },
): string {
  const { version, createdAtMs, parent, dataWindow, itemCount, verdict, metrics, files, heads } = manifest;
  const facts = [
    `release ${version}, made ${timeText(createdAtMs)}${parent ? `, after ${parent}` : ''}`,
    `${countText(dataWindow.eventCount)} events from ${timeText(dataWindow.fromMs)} to ${timeText(dataWindow.toMs)}, ${countText(itemCount)} items`,
    `predicts ${heads.join(', ')}`,
    `${verdict.promoted ? 'promoted' : 'refused'}: ${verdict.reason}`,
    ...(canaryReport ? [renderCanary(canaryReport)] : []),
  ];
  const figures = renderTable(
    [
      { title: 'figure', cell: ([name]) => name },
      { title: 'value', align: 'right', cell: ([, value]) => value.toFixed(4) },
    ],
    Object.entries(metrics),
  );
  const held = renderTable(
    [
      { title: 'file', cell: ({ path }) => path },
      { title: 'size', align: 'right', cell: ({ bytes }) => bytesText(bytes) },
      { title: 'SHA-256', cell: ({ sha256 }) => `${sha256.slice(0, 16)}… ✓` },
    ],
    files,
  );
  const paths = `model card: ${pages.card ?? 'none'}\nreport of the gate: ${pages.gate ?? 'none'}`;
  return [facts.join('\n'), figures, held, paths].join('\n\n');
}
