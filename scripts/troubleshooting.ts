// Keeps docs/troubleshooting.md in step with the errors in src/: a heading for each message that `new UserError(…)` can make,
// with `…` for what differs, and what to do below it. Text that was written under a heading stays.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parseAst } from 'vitest/node';

const SOURCES = new URL('../src/', import.meta.url);
const PAGE = new URL('../docs/troubleshooting.md', import.meta.url);

const SECTIONS = {
  input: 'Inputs',
  model: 'The model',
  dataset: 'The data set',
  files: 'Files',
  runtime: 'The machine and the native packages',
} as const;
type Kind = keyof typeof SECTIONS;

/** One message that the code can make, with `…` for what differs. */
interface Message {
  readonly kind: Kind;
  readonly problem: string;
  readonly remedies: readonly string[];
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Every message in a file of TypeScript. */
function messagesOf(source: string): readonly Message[] {
  const found: Message[] = [];
  const constants = new Map<string, Node>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      const node = value as Node;
      if (node.type === 'VariableDeclarator' && (node.init as Node | null)?.type === 'Literal')
        constants.set(String((node.id as Node).name), node.init as Node);
      if (node.type === 'NewExpression' && (node.callee as Node).name === 'UserError') {
        const [kind, problem, remedy] = node.arguments as readonly Node[];
        const remedies = textsOf(remedy!, constants).filter((text) => text !== '…');
        // Errors that are only passed on, between threads for example, were made elsewhere.
        for (const text of textsOf(problem!, constants))
          if (kind!.type === 'Literal' && /[a-z]{2}/i.test(text))
            found.push({ kind: String(kind!.value) as Kind, problem: text, remedies });
      }
      Object.values(node).forEach(visit);
    }
  };
  visit(parseAst(stripTypeScriptTypes(source)));
  return found;
}

/** The texts that an expression can be, with `…` for what is not in it or a constant of its file. */
function textsOf(node: Node, constants: ReadonlyMap<string, Node>): readonly string[] {
  const texts = (inner: unknown) => textsOf(inner as Node, constants);
  switch (node.type) {
    case 'Literal':
      return [String(node.value)];
    case 'Identifier': {
      const constant = constants.get(String(node.name));
      return constant ? texts(constant) : ['…'];
    }
    case 'TemplateLiteral': {
      const [first = '', ...quasis] = (
        node.quasis as readonly { readonly value: { readonly cooked: string } }[]
      ).map(({ value }) => value.cooked);
      const holes = (node.expressions as readonly Node[]).map((hole) =>
        hole.type === 'Identifier' ? texts(hole)[0]! : '…',
      );
      return [first + quasis.map((text, at) => holes[at]! + text).join('')];
    }
    case 'BinaryExpression':
      return texts(node.left).flatMap((left) => texts(node.right).map((right) => left + right));
    case 'ConditionalExpression':
      return [...texts(node.consequent), ...texts(node.alternate)];
    default:
      return ['…'];
  }
}

/** The page for the sources as they are, with the texts written by hand of the page as it was. */
export function troubleshootingPage(page: string): string {
  const [opening = ''] = page.split(/^## /m, 1);
  const byHand = new Map(
    page
      .split(/^### /m)
      .slice(1)
      .map((entry) => {
        const [heading = '', ...rest] = entry.split(/^## /m, 1)[0]!.split('\n');
        return [
          heading,
          rest
            .join('\n')
            .replace(/^\n*(?:- .*\n)*/, '')
            .trim(),
        ] as const;
      }),
  );
  const messages = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/'))
    .sort()
    .flatMap((name) => messagesOf(readFileSync(new URL(name, SOURCES), 'utf8')));
  const sections = (Object.keys(SECTIONS) as Kind[]).map((kind) => {
    const entries = new Map<string, Set<string>>();
    for (const message of messages.filter((one) => one.kind === kind)) {
      const remedies = entries.get(message.problem) ?? new Set();
      for (const remedy of message.remedies) remedies.add(remedy);
      entries.set(message.problem, remedies);
    }
    const parts = [...entries].map(([problem, remedies]) => {
      const lines = [...remedies].map((remedy) => `- ${remedy}\n`).join('');
      const more = byHand.get(problem);
      return [`### ${problem}\n`, lines, more && `${more}\n`].filter(Boolean).join('\n');
    });
    return `## ${SECTIONS[kind]}\n\n${parts.join('\n')}`;
  });
  return `${opening}${sections.join('\n')}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  writeFileSync(PAGE, troubleshootingPage(readFileSync(PAGE, 'utf8')));
