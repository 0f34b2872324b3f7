import { copyFile, cp, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DefaultArtifactClient } from '@actions/artifact';

/** An uploaded artifact. */
export interface Artifact {
  readonly id: number;
  readonly url: string;
}

/** What goes into the artifact. */
export interface ArtifactContent {
  /** The pruned model and the backup of the original. */
  readonly models: readonly string[];
  /** The report folder. */
  readonly folder: string;
}

/**
 * Uploads models and report as one artifact: models at the top, the report in a folder. Nothing is compressed, since models
 * hardly get smaller and pictures not at all.
 *
 * @param temporaryFolder where the files are put together: they may come from anywhere, even from several drives.
 * @param retentionDays how long GitHub keeps it; 0 for the repository's default.
 * @param runUrl address of the workflow run.
 * @throws {Error} on GitHub Enterprise Server, whose artifact service is another; @actions/artifact would tell to try again.
 */
export async function uploadArtifact(
  name: string,
  { models, folder }: ArtifactContent,
  temporaryFolder: string,
  retentionDays: number,
  runUrl: string,
): Promise<Artifact> {
  if (isEnterpriseServer(runUrl))
    throw new Error(
      `GitHub Enterprise Server does not take it from an action; keep ${folder} with a step of its own (actions/upload-artifact@v3)`,
    );
  const stage = await mkdtemp(join(temporaryFolder, 'yolo-prune-artifact-'));
  try {
    // What a link of these names leads to, for the inputs were held to it; links inside of the report folder stay out.
    for (const model of models) await copyFile(model, join(stage, basename(model)));
    await cp(await realpath(folder), join(stage, 'report'), { recursive: true });
    const entries = await readdir(stage, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const { id } = await new DefaultArtifactClient().uploadArtifact(name, files, stage, {
      compressionLevel: 0,
      ...(retentionDays > 0 ? { retentionDays } : {}),
    });
    if (id === undefined) throw new Error('GitHub gave it no number');
    return { id, url: `${runUrl}/artifacts/${id}` };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Whether an address is neither of github.com nor of GitHub Enterprise Cloud: the rule of @actions/artifact 6 (`isGhes`). */
function isEnterpriseServer(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname !== 'github.com' && !/\.(?:ghe\.com|localhost)$/.test(hostname);
}
