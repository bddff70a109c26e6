import { movieLens100k, movieLens1m, movieLensLatest, movieTweetings } from './film-datasets';
import { onlineRetail, PURCHASE } from './online-retail';
import { RATED } from './ratings';
import type { RecordReader } from './dataset';

export const DATASET_NAMES = [
  'movielens-100k',
  'movielens-1m',
  'movielens-latest',
  'movietweetings',
  'online-retail',
] as const;
export type DatasetName = (typeof DATASET_NAMES)[number];

/** What whoever uses a data set must know and say. */
export interface Attribution {
  readonly title: string;
  readonly licence: string;
  /** What the licence allows, in one sentence. */
  readonly terms: string;
  readonly citation: string;
  readonly homepage: string;
}

export interface DatasetDefinition {
  readonly name: DatasetName;
  /** Folders under a data folder that may hold it, the usual one first. */
  readonly folders: readonly string[];
  /** Files that must be there; of each group the first that exists is read. */
  readonly files: readonly (readonly string[])[];
  readonly eventTypes: readonly string[];
  readonly attribution: Attribution;
  /** `files` are the names that were found, in the order of the groups. */
  reader(folder: string, files: readonly string[]): RecordReader;
}

const GROUPLENS = {
  licence: 'GroupLens terms of use',
  terms:
    'Research and other non-commercial use; not to be redistributed. Every user fetches it from GroupLens.',
  citation:
    'F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context. ACM Transactions on Interactive Intelligent Systems 5, 4: 19:1–19:19. https://doi.org/10.1145/2827872',
};

const DEFINITIONS: Readonly<Record<DatasetName, DatasetDefinition>> = {
  'movielens-100k': {
    name: 'movielens-100k',
    folders: ['ml-100k', 'movielens-100k'],
    files: [['u.data'], ['u.item'], ['u.user']],
    eventTypes: [RATED],
    attribution: {
      ...GROUPLENS,
      title: 'MovieLens 100K',
      homepage: 'https://grouplens.org/datasets/movielens/100k/',
    },
    reader: (folder) => movieLens100k(folder),
  },
  'movielens-1m': {
    name: 'movielens-1m',
    folders: ['ml-1m', 'movielens-1m'],
    files: [['ratings.dat'], ['movies.dat'], ['users.dat']],
    eventTypes: [RATED],
    attribution: {
      ...GROUPLENS,
      title: 'MovieLens 1M',
      homepage: 'https://grouplens.org/datasets/movielens/1m/',
    },
    reader: (folder) => movieLens1m(folder),
  },
  'movielens-latest': {
    name: 'movielens-latest',
    folders: ['ml-latest-small', 'ml-latest', 'movielens-latest'],
    files: [['ratings.csv'], ['movies.csv']],
    eventTypes: [RATED],
    attribution: {
      ...GROUPLENS,
      title: 'MovieLens Latest (small)',
      homepage: 'https://grouplens.org/datasets/movielens/latest/',
    },
    reader: (folder) => movieLensLatest(folder),
  },
  movietweetings: {
    name: 'movietweetings',
    folders: ['movietweetings-100k', 'movietweetings', 'MovieTweetings'],
    files: [['ratings.dat'], ['movies.dat']],
    eventTypes: [RATED],
    attribution: {
      title: 'MovieTweetings (100K snapshot)',
      licence: 'MIT, © 2013 Simon Dooms',
      terms: 'Free to use, change and pass on, with the licence text.',
      citation:
        'Simon Dooms, Toon De Pessemier and Luc Martens. 2013. MovieTweetings: a Movie Rating Dataset Collected From Twitter. Workshop on Crowdsourcing and Human Computation for Recommender Systems, CrowdRec at RecSys 2013.',
      homepage: 'https://github.com/sidooms/MovieTweetings',
    },
    reader: (folder) => movieTweetings(folder),
  },
  'online-retail': {
    name: 'online-retail',
    folders: ['online-retail', 'online_retail'],
    files: [
      ['online-retail.csv.gz', 'online-retail.csv', 'Online Retail.csv', 'OnlineRetail.csv', 'data.csv'],
    ],
    eventTypes: [PURCHASE],
    attribution: {
      title: 'Online Retail (UCI Machine Learning Repository)',
      licence: 'CC BY 4.0',
      terms: 'Free to use, change and pass on, with attribution.',
      citation:
        'Daqing Chen. 2015. Online Retail [Dataset]. UCI Machine Learning Repository. https://doi.org/10.24432/C5BW33',
      homepage: 'https://archive.ics.uci.edu/dataset/352/online+retail',
    },
    reader: (folder, [file]) => onlineRetail(folder, file),
  },
};

export const isDatasetName = (name: string): name is DatasetName =>
  (DATASET_NAMES as readonly string[]).includes(name);

export const datasetDefinition = (name: DatasetName): DatasetDefinition => DEFINITIONS[name];

/** Attribution and licence of a data set, for showing to whoever fetches or imports it. */
export const attributionOf = (name: DatasetName): Attribution => DEFINITIONS[name].attribution;
