import { type Markup, markup } from '../markup/markup';
import { renderPage, type Section } from '../page/page';
import { figures, type Note, notes, paragraph, tiles } from '../page/parts';
import { countText, dayText, metricText, momentText } from '../quantities';
import { checkTable } from './check-table';
import {
  differenceFigure,
  headTable,
  popularityCurveFigure,
  probeTable,
  qualityFigure,
  sliceFigure,
  sliceTable,
  spreadTable,
} from './gate-figures';
import { GATE_TOPICS, type GateReport } from './gate-report';

/** Why a release was promoted or refused, as one HTML file. */
export function renderGateReport(report: GateReport): string {
  const { version, namespace, createdAtMs, verdict, evidence } = report;
  return renderPage({
    title: `Gate: ${version}`,
    lead: markup`${namespace}, made ${momentText(createdAtMs)}${evidence.servingRelease ? markup`, compared with <code>${evidence.servingRelease}</code>` : ', the first of its kind'}. The <a href="model-card.html">model card</a> says what it is.`,
    summary: [verdictTiles(report), notes(verdictNotes(report))],
    sections: [checkSection(report), ...evidenceSections(report)],
    footer: `Part of the release: its checksum is in the manifest. Intervals are seeded bootstrap intervals over users; differences are paired by user. ${verdict.promoted ? 'Promoted' : 'Refused'} by the limits under retraining.gate in winnow.yaml.`,
  });
}

function verdictTiles({ verdict: { checks }, evidence }: GateReport): Markup {
  const count = (outcome: string): string =>
    countText(checks.filter((check) => check.outcome === outcome).length);
  const { candidate } = evidence.recommenders;
  return tiles([
    {
      name: `ndcg@${evidence.k}`,
      value: metricText(candidate.ndcg.mean),
      detail: `${metricText(candidate.ndcg.low)} to ${metricText(candidate.ndcg.high)}`,
    },
    { name: 'users', value: countText(evidence.userCount) },
    { name: 'passed', value: count('passed') },
    { name: 'failed', value: count('failed') },
    { name: 'not measured', value: count('unmeasured') },
    { name: 'off', value: count('off') },
  ]);
}

function verdictNotes({ verdict: { promoted, reason, checks } }: GateReport): Note[] {
  const refused = checks.filter(({ outcome }) => outcome === 'failed');
  const unmeasured = checks.filter(({ outcome }) => outcome === 'unmeasured');
  return [
    {
      tone: promoted ? 'good' : 'bad',
      title: promoted ? 'The gate promoted it.' : 'The gate refused it.',
      text: promoted || refused.length === 0 ? reason : refused.map(({ says }) => says).join('; '),
    },
    ...(unmeasured.length === 0
      ? []
      : [
          {
            tone: 'note' as const,
            title: `${unmeasured.length} conditions could not be measured.`,
            text: [...new Set(unmeasured.map(({ says }) => says))].join('; '),
          },
        ]),
  ];
}

function checkSection({ verdict }: GateReport): Section {
  return {
    title: 'Conditions',
    content: GATE_TOPICS.flatMap((topic) => {
      const own = verdict.checks.filter((check) => check.topic === topic);
      return own.length === 0 ? [] : [checkTable(own, topic)];
    }),
  };
}

function evidenceSections({ evidence }: GateReport): Section[] {
  const { heads, fromMs, toMs, userCount, slices } = evidence;
  const slice = sliceFigure(evidence);
  if (userCount === 0)
    return [
      {
        title: 'Evidence',
        content: [paragraph('Nobody with a past turned to anything new in the held-out events.')],
      },
    ];
  return [
    {
      title: 'Quality',
      content: [
        paragraph(
          `${countText(userCount)} users, asked for as of ${momentText(fromMs)} and compared with what they turned to until ${dayText(toMs)}.`,
        ),
        figures([qualityFigure(evidence), differenceFigure(evidence)]),
      ],
    },
    {
      title: 'Catalogue',
      content: [figures([popularityCurveFigure(evidence)]), spreadTable(evidence)],
    },
    ...(heads.length > 0 ? [{ title: 'Predictions', content: [headTable(heads)] }] : []),
    ...(slices.length > 0
      ? [{ title: 'Slices', content: [...(slice ? [figures([slice])] : []), sliceTable(evidence)] }]
      : []),
    { title: 'Behaviour', content: [probeTable(evidence)] },
  ];
}
