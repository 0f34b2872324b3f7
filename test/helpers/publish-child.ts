// Hands a finished run out as a step does: `publish-child FILE`, the file holding what `publishAs` wrote.
import { readFileSync } from 'node:fs';
import { annotateVerdict } from '../../src/github/annotations.ts';
import { publish } from '../../src/github/publish.ts';
import type { Published } from './publish.ts';

const { outcome, inputs } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Published;
await publish(outcome, inputs);
annotateVerdict(outcome.report, 'data.yaml', 'error');
