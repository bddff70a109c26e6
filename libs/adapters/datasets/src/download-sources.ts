import type { DatasetName } from './dataset-catalogue';
import { checkOnlineRetailRows } from './online-retail-check';

export interface Checksum {
  readonly algorithm: 'sha256' | 'md5';
  readonly hex: string;
}

export interface DownloadFile {
  readonly url: string;
  /** Name on the disk. */
  readonly name: string;
  /** A fixed one, or the address of the one that the publisher keeps beside the file. */
  readonly checksum?: Checksum | { readonly algorithm: 'md5'; readonly url: string };
  /** What is wrong with the content; for files whose publisher fixes the content but not the bytes. */
  readonly check?: (path: string) => Promise<string | null>;
}

export interface DownloadSource {
  /** Folder under the data folder. */
  readonly folder: string;
  readonly files: readonly DownloadFile[];
  /** What to take out of the first file, when it is an archive, with SHA-256 where it is known. */
  readonly extract?: Readonly<Record<string, string | null>>;
}

const GROUPLENS = 'https://files.grouplens.org/datasets/movielens';
const MOVIETWEETINGS = 'https://raw.githubusercontent.com/sidooms/MovieTweetings/master/snapshots/100K';

/** Where each data set comes from: always its publisher. */
export const DOWNLOAD_SOURCES: Readonly<Record<DatasetName, DownloadSource>> = {
  'movielens-100k': {
    folder: 'ml-100k',
    files: [
      {
        url: `${GROUPLENS}/ml-100k.zip`,
        name: 'ml-100k.zip',
        checksum: { algorithm: 'md5', hex: '0e33842e24a9c977be4e0107933c0723' },
      },
    ],
    extract: {
      'u.data': '06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490',
      'u.item': '553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701',
      'u.user': 'f120e114da2e8cf314fd28f99417c94ae9ddf1cb6db8ce0e4b5995d40e90e62c',
      README: '4883b8cf340ed0059971b33f56ad3adc88a40792108ebca3d24aafc4c82e8b52',
      'u1.base': 'ce253ec86c448b44fb3ba9a30d12dcfc2e9210cbde71efada3730c22e9ac212a',
      'u1.test': '18c6014a4b2c7324f250a63f8904a7b16b2b19f911129e346141507b0cbac950',
      'u2.base': '6c06f0b5df4b256da1a994f3ac66edc8da4d3f09bc9282df6b14d893366d703e',
      'u2.test': '4de658d1e04ed9104629509a2e2528fce833ac8e048280183f1df167632038c3',
      'u3.base': 'afdc155c291c6edc41c0407e39d7462eb98d341e064f0b0a12175b80b3c4af5d',
      'u3.test': '0f548b51c78327de4c156461d3e430b7e5579fe2b5681586a59416e48fd35f6d',
      'u4.base': '219f0f4d40dfe9c5141d425f53fa91ee23ed275f14e280bbf1b50117afb064ca',
      'u4.test': '7c02ad0a1e7ab1083c8b9d4b627203a051dd7b5eab46d99fa44de33470de8db9',
      'u5.base': 'a9574e59ce961eec2121627760b6e9b0974ce1637b3fe69ac32cb14a4bfab485',
      'u5.test': '351cc52e0d15b6c721466276fc24671d40936899e3d01fadeaf312915b8c5634',
    },
  },
  'movielens-1m': {
    folder: 'ml-1m',
    files: [
      {
        url: `${GROUPLENS}/ml-1m.zip`,
        name: 'ml-1m.zip',
        checksum: { algorithm: 'md5', hex: 'c4d9eecfca2ab87c1945afe126590906' },
      },
    ],
    extract: { 'ratings.dat': null, 'movies.dat': null, 'users.dat': null, README: null },
  },
  'movielens-latest': {
    folder: 'ml-latest-small',
    files: [
      {
        url: `${GROUPLENS}/ml-latest-small.zip`,
        name: 'ml-latest-small.zip',
        // This set grows: its publisher keeps the checksum of the day beside it.
        checksum: { algorithm: 'md5', url: `${GROUPLENS}/ml-latest-small.zip.md5` },
      },
    ],
    extract: { 'ratings.csv': null, 'movies.csv': null, 'README.txt': null },
  },
  movietweetings: {
    folder: 'movietweetings-100k',
    files: [
      {
        url: `${MOVIETWEETINGS}/ratings.dat`,
        name: 'ratings.dat',
        checksum: {
          algorithm: 'sha256',
          hex: 'c0dd868c2632d10002ebc928ddc5345f33adeaa59eca52c2941c26a2c5e36fd6',
        },
      },
      {
        url: `${MOVIETWEETINGS}/movies.dat`,
        name: 'movies.dat',
        checksum: {
          algorithm: 'sha256',
          hex: 'e63fb84bc734e3c574f135634a40d3cbafab22b8f94f5fc0b80f80d1d2076efc',
        },
      },
    ],
  },
  'online-retail': {
    folder: 'online-retail',
    files: [
      {
        url: 'https://archive.ics.uci.edu/static/public/352/data.csv',
        name: 'online-retail.csv',
        check: checkOnlineRetailRows,
      },
    ],
  },
};
