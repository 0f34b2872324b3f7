import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Api } from './api.ts';

/** Where a release is. */
export interface ReleasePlace {
  readonly owner: string;
  readonly repo: string;
  readonly tag: string;
}

/** Attaches the pruned model, its SHA-256 and report.json to an existing release, in place of files of the same names. */
export async function attachToRelease(
  api: Api,
  { owner, repo, tag }: ReleasePlace,
  model: string,
  sha256: string,
  reportFile: string,
): Promise<void> {
  const { data: release } = await api.rest.repos.getReleaseByTag({ owner, repo, tag });
  const name = basename(model);
  const assets = new Map<string, Buffer>([
    [name, await readFile(model)],
    [`${name}.sha256`, Buffer.from(`${sha256}  ${name}\n`)],
    ['report.json', await readFile(reportFile)],
  ]);
  for (const asset of release.assets) {
    if (assets.has(asset.name)) await api.rest.repos.deleteReleaseAsset({ owner, repo, asset_id: asset.id });
  }
  for (const [asset, data] of assets) {
    await api.request({
      method: 'POST',
      url: `${release.upload_url.replace(/\{.*$/, '')}?name=${encodeURIComponent(asset)}`,
      data,
      headers: { 'content-type': 'application/octet-stream' },
    });
  }
}
