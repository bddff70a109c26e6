/** Sets that exist to be compared on: bare ids in a published order or split, nothing to import. */
export const BENCHMARK_NAMES = ['ml-1m-sequences', 'amazon-beauty', 'gowalla'] as const;
export type BenchmarkName = (typeof BENCHMARK_NAMES)[number];

export const isBenchmarkName = (name: string): name is BenchmarkName =>
  (BENCHMARK_NAMES as readonly string[]).includes(name);

export interface BenchmarkDefinition {
  readonly title: string;
  /** Folder under a data folder. */
  readonly folder: string;
  /** Files that must be there; of each group the first that exists is read. */
  readonly files: readonly (readonly string[])[];
  /** Who may do what with it, and whom to cite. */
  readonly terms: string;
  /** Where its user fetches it, and what to make of it. */
  readonly instructions: string;
}

export const BENCHMARKS: Readonly<Record<BenchmarkName, BenchmarkDefinition>> = {
  'ml-1m-sequences': {
    title: 'MovieLens 1M as everybody’s films in the order of time',
    folder: 'ml-1m-sequences',
    files: [['sequences.txt.gz', 'sequences.txt', 'ml-1m.txt']],
    terms:
      'GroupLens terms of use: research and other non-commercial use; not to be redistributed. F. Maxwell Harper and Joseph A. Konstan. 2015. https://doi.org/10.1145/2827872; order and ids by Wang-Cheng Kang and Julian McAuley. 2018. Self-Attentive Sequential Recommendation. ICDM.',
    instructions:
      'data/ml-1m.txt of https://github.com/kang205/SASRec ("user item" a line) as it is, or sequences.txt, optionally gzipped, with one user’s items a line',
  },
  'amazon-beauty': {
    title: 'Amazon Beauty, users and items with at least five reviews, in the order of time',
    folder: 'amazon-beauty',
    files: [['Beauty.txt', 'Beauty.txt.gz']],
    terms:
      'No licence is stated; for comparing with published figures only. Ruining He and Julian McAuley. 2016. Ups and Downs. WWW; prepared by Kun Zhou et al. 2020. S3-Rec. CIKM.',
    instructions: 'data/Beauty.txt of https://github.com/RUCAIBox/CIKM2020-S3Rec ("user item item …" a line)',
  },
  gowalla: {
    title: 'Gowalla check-ins in LightGCN’s split',
    folder: 'gowalla',
    files: [
      ['train.txt', 'train.txt.gz'],
      ['test.txt', 'test.txt.gz'],
    ],
    terms:
      'No licence is stated; for comparing with published figures only. Eunjoon Cho, Seth A. Myers and Jure Leskovec. 2011. KDD; split by Xiangnan He et al. 2020. LightGCN. SIGIR.',
    instructions:
      'data/gowalla/train.txt and test.txt of https://github.com/gusye1234/LightGCN-PyTorch ("user item item …" a line)',
  },
};
