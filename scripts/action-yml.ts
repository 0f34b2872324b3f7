// Writes the inputs of action.yml from the table in src/inputs.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { INPUTS } from '../src/inputs.ts';

const file = new URL('../action.yml', import.meta.url);
const inputs = Object.entries(INPUTS).flatMap(([name, { description, default: fallback }]) => [
  `  ${name}:`,
  `    description: ${JSON.stringify(description)}`,
  fallback === null ? '    required: true' : `    default: ${JSON.stringify(fallback)}`,
]);
const text = readFileSync(file, 'utf8');
writeFileSync(
  file,
  text.replace(/^inputs:\n[\s\S]*?(?=^outputs:)/m, `${['inputs:', ...inputs].join('\n')}\n`),
);
