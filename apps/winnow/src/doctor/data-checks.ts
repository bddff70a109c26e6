import { DATASET_NAMES, findDataset } from '@winnow/datasets';
import type { Settings } from '../config.schema';
import { fine, type Finding, warning } from './finding';

/** Which of the known data sets lie in the data folders. */
export function checkDataSets(settings: Settings): Finding {
  const found = DATASET_NAMES.flatMap((name) => {
    const dataset = findDataset(name, { dataDirs: settings.dataFolders });
    return dataset.ok ? [`${name} (${dataset.value.folder})`] : [];
  });
  return found.length > 0
    ? fine('data sets', found.join(', '))
    : warning(
        'data sets',
        `none in ${settings.dataFolders.join(', ')}`,
        'fetch one with: npx winnow data get movietweetings; or import your own file, or synthetic',
      );
}
