import { InMemoryModelRegistry } from '../fakes/in-memory-model-registry';
import { describeModelRegistry } from './model-registry';

describeModelRegistry('in memory', async () => {
  const registry = new InMemoryModelRegistry();
  return { registry, otherProcess: registry, close: async () => {} };
});
