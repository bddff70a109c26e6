export * from './content-source';
export * from './ranking-examples';
