import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openApi } from '../../src/github/api.ts';
import { attachToRelease } from '../../src/github/release.ts';
import { play } from '../helpers/server.ts';

test('a release gets the model, its hash and the report, in place of older ones', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'release-'));
  await writeFile(join(folder, 'best.onnx'), 'model');
  await writeFile(join(folder, 'report.json'), '{}');
  await using server = await play([
    [
      /^GET .*\/releases\/tags\/v1/,
      () => ({
        json: {
          upload_url: `${server.url}/upload/assets{?name,label}`,
          assets: [
            { id: 4, name: 'best.onnx' },
            { id: 5, name: 'notes.txt' },
          ],
        },
      }),
    ],
    [/^DELETE /, () => ({ status: 204 })],
    [/^POST \/upload/, () => ({ status: 201, json: {} })],
  ]);
  const place = { owner: 'o', repo: 'r', tag: 'v1' };
  const hash = 'b'.repeat(64);
  await attachToRelease(
    openApi('token', server.url, 1),
    place,
    join(folder, 'best.onnx'),
    hash,
    join(folder, 'report.json'),
  );
  expect(server.requests.slice(1).map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
    'DELETE /repos/o/r/releases/assets/4 ',
    'POST /upload/assets?name=best.onnx model',
    `POST /upload/assets?name=best.onnx.sha256 ${hash}  best.onnx\n`,
    'POST /upload/assets?name=report.json {}',
  ]);
  // GitHub refuses an upload whose length it is not told.
  expect(server.requests.slice(2).map(({ headers }) => headers['content-length'])).toEqual([
    '5',
    String(`${hash}  best.onnx\n`.length),
    '2',
  ]);
});
