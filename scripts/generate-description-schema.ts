// Writes schema/winnow.schema.json, the JSON Schema that editors check winnow.yaml with.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatDescriptionSchema } from '../libs/platform/src/config/description-schema';

const path = join(dirname(fileURLToPath(import.meta.url)), '..', 'schema', 'winnow.schema.json');
mkdirSync(dirname(path), { recursive: true });
writeFileSync(path, formatDescriptionSchema());
