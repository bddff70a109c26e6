import { leaderboard, outcomeOf } from '@winnow/tuning';
import type { EvaluationRecord, Standing, StudySettings } from '@winnow/tuning';
import { type Markup, markup } from '../markup/markup';
import { renderPage } from '../page/page';
import { figures, notes, paragraph, table, tiles } from '../page/parts';
import { countOf, countText, metricText, quantityText, shareText } from '../quantities';
import { parameterFigure, searchFigures } from './study-figures';

export interface StudyPage {
  readonly study: StudySettings;
  /** In the order in which they ended. */
  readonly records: readonly EvaluationRecord[];
  /** Changes to winnow.yaml, line by line; empty for none. */
  readonly diff: string;
}

const STAGES: Readonly<Record<StudySettings['stage'], string>> = {
  'two-tower': 'the two-tower model alone',
  rankers: 'the whole funnel, over the same towers',
  funnel: 'the whole funnel',
};

const HOUR_MS = 3_600_000;

/** A study as one HTML file: objective by trial and by parameter, leaderboard, and the best configuration as a diff. */
export function renderStudy(page: StudyPage): string {
  const { study, records, diff } = page;
  const standings = leaderboard(records);
  return renderPage({
    title: `Tuning: ${study.data ?? 'event log'}, ${study.stage}`,
    lead: markup`${countOf(standings.length, 'trial')} of ${STAGES[study.stage]}, by NDCG@20 on the validation window. The test window was never looked at.`,
    summary: [summaryTiles(page), outcomeNote(page)],
    sections: [
      { title: 'Search', content: [figures(searchFigures(records)), ...diffParts(diff)] },
      {
        title: 'Parameters',
        content: [
          paragraph(
            'Every trial that got a result, with the highest budget that it reached. A slope within one colour says that the parameter matters.',
          ),
          figures(study.space.map((parameter) => parameterFigure(parameter, standings))),
        ],
      },
      { title: 'Leaderboard', content: [leaderboardTable(study, standings)] },
    ],
    footer: 'Written by winnow tune. Bold is the best of its column among trials with the full budget.',
  });
}

function summaryTiles({ study, records }: StudyPage): Markup {
  const outcome = outcomeOf(study, records);
  const { sampler, halving, seed } = study;
  const hours = records.reduce((sum, { durationMs }) => sum + durationMs, 0) / HOUR_MS;
  return tiles([
    { name: 'best', value: metricText(outcome?.best.objective ?? NaN), detail: 'NDCG@20' },
    { name: 'defaults', value: metricText(outcome?.defaults.objective ?? NaN), detail: 'NDCG@20' },
    { name: 'sampler', value: sampler, detail: `seed ${seed}` },
    {
      name: 'evaluations',
      value: countText(records.length),
      detail:
        halving.rungs > 1
          ? `${halving.rungs} rungs, 1 of ${halving.factor} goes on`
          : 'all with the full budget',
    },
    { name: 'training and asking', value: `${quantityText(Number(hours.toPrecision(2)))} h` },
  ]);
}

function outcomeNote({ study, records }: StudyPage): Markup {
  const outcome = outcomeOf(study, records);
  if (!outcome || outcome.best.trial === 0)
    return notes([
      { tone: 'note', title: 'No trial beats the defaults.', text: 'More trials may, or other parameters.' },
    ]);
  const { best, confirmed, improves } = outcome;
  if (!Number.isFinite(confirmed.best))
    return notes([
      {
        tone: 'note',
        title: `Trial ${best.trial} is the best, with one seed.`,
        text: 'The best of many trials owes a part of its lead to chance; further seeds tell how large that is.',
      },
    ]);
  const means = `Mean over ${confirmed.seedCount} seeds: ${metricText(confirmed.best)} against ${metricText(confirmed.defaults)} of the defaults.`;
  return notes([
    improves
      ? { tone: 'good', title: `Trial ${best.trial} beats the defaults also with other seeds.`, text: means }
      : { tone: 'bad', title: `Trial ${best.trial} is no better with other seeds.`, text: means },
  ]);
}

const diffParts = (diff: string): Markup[] =>
  diff ? [paragraph('What changes in winnow.yaml:'), markup`<pre>${diff}</pre>`] : [];

function leaderboardTable({ space }: StudySettings, standings: readonly Standing[]): Markup {
  const full = standings.filter(({ share }) => share === 1);
  const recall = ({ metrics }: Standing): number => metrics['recall'] ?? NaN;
  const objective = (standing: Standing): number => standing.objective ?? NaN;
  const isBest =
    (of: (standing: Standing) => number) =>
    (standing: Standing): boolean =>
      standing.share === 1 && of(standing) === Math.max(...full.map(of).filter(Number.isFinite));
  return table<Standing>({
    caption: 'Trials, best first; who got further stands above who did not',
    rows: standings,
    columns: [
      { title: 'trial', cell: ({ trial }) => (trial === 0 ? 'defaults' : String(trial)) },
      {
        title: 'NDCG@20',
        number: true,
        cell: (one) => (one.objective === null ? `failed: ${one.reason ?? ''}` : metricText(one.objective)),
        best: isBest(objective),
      },
      { title: 'recall@20', number: true, cell: (one) => metricText(recall(one)), best: isBest(recall) },
      { title: 'budget', number: true, cell: ({ share }) => shareText(share) },
      { title: 'seconds', number: true, cell: ({ durationMs }) => countText(durationMs / 1000) },
      ...space.map(({ path }) => ({
        title: path.split('.').slice(-2).join('.'),
        number: true,
        cell: ({ settings }: Standing) => String(settings[path]),
      })),
    ],
  });
}
