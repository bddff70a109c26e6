import { join } from 'node:path';
import { itemId, userId, type Attributes } from '@winnow/domain';
import { badRow, type ReadContext, type RecordReader } from './dataset';
import type { Row } from './delimited-rows';
import { parseId, parseNumber } from './field-parsing';
import { filmAttributes } from './film';
import { readRatings, recordsOfRows, type RowsOfFile } from './ratings';
import type { DatasetRecord } from './records';

const TABS = { separator: '\t', quoted: false };
const PIPES = { separator: '|', quoted: false };
const COLONS = { separator: '::', quoted: false };
const CSV = { separator: ',', quoted: true };

/** Films of a file whose first columns are id and title with year. */
function readFilms(
  file: RowsOfFile,
  context: ReadContext,
  genresOf: (row: Row) => readonly string[],
): AsyncGenerator<readonly DatasetRecord[]> {
  return recordsOfRows(file, context, (row) => {
    const id = parseId(row.fields[0], 'item id');
    if ('reason' in id) return badRow(file.path, row, id.reason);
    if (row.fields[1].trim() === '') return badRow(file.path, row, 'title is empty');
    return {
      kind: 'item',
      itemId: itemId(id.value),
      attributes: filmAttributes(row.fields[1], genresOf(row)),
    };
  });
}

const GENRES_100K = [
  'unknown',
  'Action',
  'Adventure',
  'Animation',
  "Children's",
  'Comedy',
  'Crime',
  'Documentary',
  'Drama',
  'Fantasy',
  'Film-Noir',
  'Horror',
  'Musical',
  'Mystery',
  'Romance',
  'Sci-Fi',
  'Thriller',
  'War',
  'Western',
];
const FLAGS_START = 5;

interface UserColumns {
  readonly age: number;
  readonly gender: number;
  readonly occupation: number;
  readonly occupationNames?: readonly string[];
}

/** People of a MovieLens file. An age that cannot be read is left out; the person is kept. */
function readPeople(
  file: RowsOfFile,
  context: ReadContext,
  columns: UserColumns,
): AsyncGenerator<readonly DatasetRecord[]> {
  return recordsOfRows(file, context, (row) => {
    const id = parseId(row.fields[0], 'user id');
    if ('reason' in id) return badRow(file.path, row, id.reason);
    const age = parseNumber(row.fields[columns.age], 'age');
    const occupation = row.fields[columns.occupation].trim();
    const attributes: Attributes = {
      ...('value' in age && { age: age.value }),
      gender: row.fields[columns.gender].trim(),
      occupation: columns.occupationNames?.[Number(occupation)] ?? occupation,
    };
    const repairs = 'reason' in age ? { repairs: [`${age.reason}: left out`] } : {};
    return { kind: 'user', userId: userId(id.value), attributes, ...repairs };
  });
}

/** MovieLens 100K: `u.item` and `u.user` with bars, `u.data` with tabs, all Latin-1. */
export const movieLens100k = (folder: string): RecordReader =>
  async function* (context) {
    const items: RowsOfFile = {
      path: join(folder, 'u.item'),
      format: PIPES,
      columnCount: FLAGS_START + GENRES_100K.length,
      encoding: 'latin1',
    };
    yield* readFilms(items, context, ({ fields }) =>
      GENRES_100K.filter((_genre, index) => index > 0 && fields[FLAGS_START + index].trim() === '1'),
    );
    const users: RowsOfFile = {
      path: join(folder, 'u.user'),
      format: PIPES,
      columnCount: 5,
      encoding: 'latin1',
    };
    yield* readPeople(users, context, { age: 1, gender: 2, occupation: 3 });
    yield* readRatings({ path: join(folder, 'u.data'), format: TABS, range: { min: 1, max: 5 } }, context);
  };

const OCCUPATIONS_1M = [
  'other',
  'academic/educator',
  'artist',
  'clerical/admin',
  'college/grad student',
  'customer service',
  'doctor/health care',
  'executive/managerial',
  'farmer',
  'homemaker',
  'K-12 student',
  'lawyer',
  'programmer',
  'retired',
  'sales/marketing',
  'scientist',
  'self-employed',
  'technician/engineer',
  'tradesman/craftsman',
  'unemployed',
  'writer',
];

/** MovieLens 1M: three files with double colons, Latin-1. Ages are the lower bounds of their groups. */
export const movieLens1m = (folder: string): RecordReader =>
  async function* (context) {
    const file = (name: string, columnCount: number): RowsOfFile => ({
      path: join(folder, name),
      format: COLONS,
      columnCount,
      encoding: 'latin1',
    });
    yield* readFilms(file('movies.dat', 3), context, ({ fields }) => fields[2].split('|'));
    yield* readPeople(file('users.dat', 5), context, {
      gender: 1,
      age: 2,
      occupation: 3,
      occupationNames: OCCUPATIONS_1M,
    });
    yield* readRatings({ ...file('ratings.dat', 4), range: { min: 1, max: 5 } }, context);
  };

/** MovieLens latest (small or full): CSV with headers, UTF-8. */
export const movieLensLatest = (folder: string): RecordReader =>
  async function* (context) {
    const films: RowsOfFile = { path: join(folder, 'movies.csv'), format: CSV, columnCount: 3, header: true };
    yield* readFilms(films, context, ({ fields }) => fields[2].split('|'));
    const ratings = {
      path: join(folder, 'ratings.csv'),
      format: CSV,
      header: true,
      range: { min: 0.5, max: 5 },
    };
    yield* readRatings(ratings, context);
  };

/** MovieTweetings: double colons, UTF-8; ratings from 0 to 10. */
export const movieTweetings = (folder: string): RecordReader =>
  async function* (context) {
    const films: RowsOfFile = { path: join(folder, 'movies.dat'), format: COLONS, columnCount: 3 };
    yield* readFilms(films, context, ({ fields }) => fields[2].split('|'));
    const ratings = { path: join(folder, 'ratings.dat'), format: COLONS, range: { min: 0, max: 10 } };
    yield* readRatings(ratings, context);
  };
