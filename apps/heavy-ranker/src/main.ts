import { homeFolders, loadDescription, runProcess } from '@winnow/platform';
import { startHeavyRanker } from './composition-root';
import { heavyRankerSettings } from './config.schema';

await runProcess({
  name: 'heavy-ranker',
  settings: heavyRankerSettings,
  start: async ({ settings, logger, registry, setReadiness }) =>
    startHeavyRanker({
      ...settings,
      description: await loadDescription(settings.configPath),
      registryFolder: homeFolders(settings.home).registry,
      logger,
      registry,
      onState: ({ ready, detail }) => setReadiness({ ready, detail }),
    }),
});
