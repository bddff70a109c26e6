import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { SamplerName, StudySettings, TuningStage } from '@winnow/tuning';
import type { TuningSetup } from '@winnow/platform';
import { usageError } from '../command-error';
import { createStudy, readStudy } from './study-folder';

/** What was asked for; what is undefined is not said. */
export interface StudyWish {
  readonly data: string | null;
  readonly stage: TuningStage;
  readonly seed: number;
  readonly sampler?: SamplerName;
  readonly parallel: number;
  readonly confirmSeeds: number;
  /** Now: where the study ends to read the log, if it begins now. */
  readonly nowMs: number;
}

/** A study that is there on disk, begun now or earlier. */
export interface OpenStudy {
  readonly folder: string;
  readonly name: string;
  readonly study: StudySettings;
  /** The winnow.yaml that trials are made from. */
  readonly text: string;
  /** False when the study goes on from earlier. */
  readonly isNew: boolean;
}

const NAME_DIGITS = 10;

/**
 * The study that the wish and the description make: everything that proposals follow from is in its name, so that the same
 * command goes on with the same study, and another one begins another.
 *
 * @throws CommandError when a folder was named that holds another study.
 */
export function openStudy(
  setup: TuningSetup,
  wish: StudyWish,
  { studiesFolder, named }: { readonly studiesFolder: string; readonly named?: string },
): OpenStudy {
  const { data, stage, seed, parallel, confirmSeeds } = wish;
  const study: StudySettings = {
    formatVersion: 1,
    ...{ data, stage, seed, parallel, confirmSeeds },
    untilMs: data === null ? wish.nowMs : null,
    sampler: wish.sampler ?? setup.sampler,
    halving: setup.halving,
    space: setup.space,
    defaults: setup.defaults,
  };
  const identity = fingerprint(study, setup.text);
  const name = `${data ?? 'event-log'}-${stage}-${identity.slice(0, NAME_DIGITS)}`;
  const folder = named ? resolve(named) : join(studiesFolder, name);
  const present = readStudy(folder);
  if (present && fingerprint(present.study, present.text) !== identity)
    throw usageError(
      `the study in ${folder} began with another ${differenceOf(present, { study, text: setup.text })}`,
      'name another folder with --study, or go back to what it began with',
    );
  if (!present) createStudy(folder, { study, text: setup.text });
  const untilMs = present ? present.study.untilMs : study.untilMs;
  return { ...{ folder, name }, study: { ...study, untilMs }, text: setup.text, isNew: present === null };
}

/** Seeds that confirm come after everything else and change no proposal; when a study began does not tell it from another. */
const fingerprint = ({ confirmSeeds: _, untilMs: __, ...study }: StudySettings, text: string): string =>
  createHash('sha256')
    .update(JSON.stringify([study, text]))
    .digest('hex');

interface Content {
  readonly study: StudySettings;
  readonly text: string;
}

function differenceOf(before: Content, now: Content): string {
  const options = (['data', 'stage', 'seed', 'sampler', 'parallel', 'halving', 'space'] as const).filter(
    (key) => JSON.stringify(before.study[key]) !== JSON.stringify(now.study[key]),
  );
  return options.length > 0 ? options.join(', ') : 'winnow.yaml';
}
