import { homeFolders, loadDescription, runProcess } from '@winnow/platform';
import { startLightRanker } from './composition-root';
import { lightRankerSettings } from './config.schema';

await runProcess({
  name: 'light-ranker',
  settings: lightRankerSettings,
  start: async ({ settings, logger, registry, setReadiness }) =>
    startLightRanker({
      ...settings,
      description: await loadDescription(settings.configPath),
      registryFolder: homeFolders(settings.home).registry,
      logger,
      registry,
      onState: ({ ready, detail }) => setReadiness({ ready, detail }),
    }),
});
