// Writes the inputs of action.yml from the table in src/inputs.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { INPUTS } from '../src/inputs.ts';

const file = new URL('../action.yml', import.meta.url);
const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const inputs = Object.entries(INPUTS).flatMap(([name, { description, default: fallback }]) => [
  `  ${name}:`,
  `    description: ${quoted(description)}`,
  fallback === null ? '    required: true' : `    default: ${quoted(fallback)}`,
]);
const text = readFileSync(file, 'utf8');
writeFileSync(file, text.replace(/^inputs:\n[\s\S]*?(?=^outputs:)/m, `${['inputs:', ...inputs].join('\n')}\n`));
