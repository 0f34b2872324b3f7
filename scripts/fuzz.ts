// Feeds damaged files to everything that reads files from outside, for a while: `npm run fuzz -- --minutes 10 [--seed N]`.
// A finding is an exception that is no message for the user, or a file that takes more than 10 s. It is printed with its
// target, seed and bytes, and belongs into test/hostile as a test. The run ends red after the first one.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { parseDataYaml } from '../src/dataset/data-yaml.ts';
import { parseLabels } from '../src/dataset/labels.ts';
import { UserError } from '../src/errors.ts';
import { findConvWeights } from '../src/onnx/conv-weights.ts';
import { parseModel } from '../src/onnx/model-file.ts';
import { inOneFile } from '../src/onnx/one-file.ts';
import { decodeImage } from '../src/validate/image/decode.ts';
import { parseMetadata } from '../src/validate/metadata.ts';
import { drawing, mutated } from '../test/hostile/damage.ts';

interface Target {
  /** Files to start from. */
  readonly corpus: readonly Uint8Array[];
  /** Throws a UserError, or nothing. */
  readonly read: (bytes: Uint8Array) => unknown;
}

const FIXTURES = join(import.meta.dirname, '..', 'test', 'fixtures');
const EXTERNAL = join('external', 'one-data-file');
const files = (folder: string, pattern: RegExp) =>
  readdirSync(join(FIXTURES, folder))
    .filter((name) => pattern.test(name))
    .map((name) => new Uint8Array(readFileSync(join(FIXTURES, folder, name))));
const texts = (...contents: readonly string[]) =>
  contents.map((content) => new Uint8Array(Buffer.from(content)));

const LABEL_RULES = { classes: 3, poseColumns: undefined } as const;
const TARGETS: Readonly<Record<string, Target>> = {
  model: {
    corpus: files('models', /\.onnx$/),
    read: (bytes) => findConvWeights(parseModel('best.onnx', bytes)),
  },
  'external data': {
    corpus: files(EXTERNAL, /\.onnx$/),
    read: async (bytes) => {
      const model = await inOneFile(join(FIXTURES, EXTERNAL, 'best.onnx'), bytes);
      findConvWeights(parseModel('best.onnx', model.bytes));
    },
  },
  'data.yaml': {
    corpus: texts(
      'path: .\ntrain: images/train\nval: [images/val, list.txt]\nnames: {0: person, 1: "a: b"}\nkpt_shape: [17, 3]\n',
      'a: &a {nc: 2}\nb:\n  <<: *a\nval: images\nnc: 2\nnames:\n  - one\n  - two\ndownload: |\n  curl x\n',
    ),
    read: (bytes) => parseDataYaml(bytes, 'data.yaml'),
  },
  labels: {
    corpus: texts('0 0.5 0.5 0.1 0.1\n1 .25 1e-1 0.2 0.2\n', '2 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2\r\n'),
    read: (bytes) => {
      for (const family of ['yolov5', 'ultralytics'] as const) parseLabels(bytes, { family, ...LABEL_RULES });
    },
  },
  metadata: {
    corpus: texts("{0: 'person', 1: \"it's\"}", "['a', 'b']", '[640, 640]', '32'),
    read: (bytes) => {
      const value = Buffer.from(bytes).toString();
      parseMetadata(new Map(['names', 'stride', 'imgsz', 'task'].map((key) => [key, value])));
    },
  },
  image: {
    corpus: files('images', /\.(bmp|jpg|png|tif|webp|avif)$/).filter(({ length }) => length < 20_000),
    read: (bytes) => decodeImage(sharp, bytes, 'ultralytics'),
  },
};

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
  },
});
const end = performance.now() + Number(values.minutes) * 60_000;
const counts = new Map(Object.keys(TARGETS).map((name) => [name, 0]));
console.log(`Seed ${values.seed}, ${values.minutes} minutes`);

for (let seed = Number(values.seed); performance.now() < end; seed++) {
  for (const [name, { corpus, read }] of Object.entries(TARGETS)) {
    const draw = drawing(seed);
    const bytes = mutated(corpus[draw(corpus.length)]!, corpus[draw(corpus.length)]!, draw);
    const started = performance.now();
    try {
      await read(bytes);
    } catch (error) {
      if (!(error instanceof UserError)) report(name, seed, bytes, error);
    }
    if (performance.now() - started > 10_000) report(name, seed, bytes, new Error('It took more than 10 s.'));
    counts.set(name, counts.get(name)! + 1);
  }
}
console.log([...counts].map(([name, count]) => `${name}: ${count} files`).join(', '), '– no finding');

function report(target: string, seed: number, bytes: Uint8Array, error: unknown): never {
  console.error(`FOUND in ${target} with seed ${seed}:`, error);
  console.error(`Bytes (base64): ${Buffer.from(bytes).toString('base64').slice(0, 20_000)}`);
  process.exit(1);
}
