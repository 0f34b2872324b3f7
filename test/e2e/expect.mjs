// What the steps of .github/workflows/e2e.yml must leave behind, on every system: `node test/e2e/expect.mjs SCENE`, with the
// outcome and the outputs of the step before in the environment. It is plain JavaScript without dependencies, because nothing
// is installed there.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';

const ORIGINAL = 'demo/model/best.onnx';
const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');
const { OUTCOME: outcome, OUTPUTS = '{}' } = process.env;
const outputs = JSON.parse(OUTPUTS);

const SCENES = {
  models() {
    for (const scene of ['green', 'red', 'wrong']) {
      mkdirSync(`trained/${scene}`, { recursive: true });
      cpSync(ORIGINAL, `trained/${scene}/best.onnx`);
    }
  },
  accepted() {
    assert.equal(outcome, 'success');
    assert.equal(outputs.verdict, 'pass');
    assert.equal(sha256(outputs.backup), sha256(ORIGINAL));
    assert.equal(sha256(outputs.model), outputs['sha256-after']);
    assert.notEqual(outputs['sha256-after'], outputs['sha256-before']);
    assert.ok(Math.abs(outputs.sparsity - 0.3) < 0.001);
    assert.ok(outputs.drop > 0 && outputs.drop < 0.02);
    assert.equal(JSON.parse(readFileSync(outputs.report, 'utf8')).verdict.pass, true);
    for (const file of ['report.html', 'summary.md']) assert.ok(existsSync(`report/green/${file}`));
  },
  refused() {
    assert.equal(outcome, 'failure');
    assert.equal(outputs.verdict, 'fail');
    assert.ok(outputs.drop > 0.02);
    assert.equal(sha256('trained/red/best.onnx'), sha256(ORIGINAL));
    assert.equal(JSON.parse(readFileSync(outputs.report, 'utf8')).verdict.pass, false);
  },
  wrong() {
    assert.equal(outcome, 'failure');
    assert.deepEqual(outputs, {});
    assert.deepEqual(readdirSync('trained/wrong'), ['best.onnx']);
    assert.equal(sha256('trained/wrong/best.onnx'), sha256(ORIGINAL));
  },
};

const [scene] = process.argv.slice(2);
assert.ok(scene in SCENES, `The scene must be one of ${Object.keys(SCENES).join(', ')}`);
SCENES[scene]();
process.stdout.write(`As expected: ${scene}\n`);
