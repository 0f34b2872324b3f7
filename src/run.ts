import { check } from './check.ts';
import { choosePruned } from './choose.ts';
import type { Backup } from './files/backup.ts';
import { sha256 } from './files/hashes.ts';
import { ModelVault } from './files/vault.ts';
import type { Inputs } from './inputs.ts';
import { judge } from './judge.ts';
import type { Log } from './log.ts';
import type { ModelFile } from './onnx/model-file.ts';
import type { Memory } from './remember/folder.ts';
import { validateBoth } from './remembered.ts';
import { readBaseline } from './report/baseline.ts';
import { compressedSizes, zstdFile } from './report/sizes.ts';
import { backupLine } from './report/text.ts';
import { type Outcome, type Runtime, reportOn } from './reporting.ts';
import { ScratchFolder } from './scratch.ts';
import { limitTime } from './stop.ts';
import { arrange, startDetectPool } from './validate/detect.ts';
import type { ValidatedModel } from './validation.ts';

/**
 * The whole story: check → prune a copy → back up → validate → decide → put in place → report.
 *
 * The pruned model lies in a file of its own until it was validated, and takes its place by a rename: whatever goes wrong,
 * the model's path holds the original or a validated pruned model.
 *
 * @param runtime where ONNX Runtime and sharp are, and where the models run.
 * @param stop is aborted when the process is about to be ended.
 * @param memory where the unpruned model's detections outlive the run, if anywhere.
 * @throws {UserError} before anything is written, where an input, the model or the data set is wrong.
 */
export async function run(
  inputs: Inputs,
  log: Log,
  runtime: Runtime,
  stop: AbortSignal,
  memory: Memory | null,
): Promise<Outcome> {
  const started = performance.now();
  const vault = openVault(inputs, log, stop);
  const nativeBase = runtime.base;
  const { provider } = runtime.device;
  const { timeUp, callOff } = limitTime(inputs.timeout);
  const pool = startDetectPool(nativeBase, arrange(inputs.threads, provider), provider, timeUp);
  const scratch = new ScratchFolder(stop);
  try {
    const checked = await log.group('Check the inputs, the model and the data set', () =>
      check(inputs, pool, scratch, log),
    );
    const { model, plan } = checked;
    const baseline = inputs.baseline === '' ? null : await readBaseline(inputs.baseline);
    const sha256Before = sha256(model.bytes);

    const pruneStarted = performance.now();
    const {
      pruned,
      dataset,
      search,
      validation: seen,
    } = await log.group('Prune a copy', () =>
      choosePruned(checked, inputs, { pool, nativeBase, provider, stop, timeUp, log }),
    );
    const pruneSeconds = secondsSince(pruneStarted);
    const isAsItWas = !pruned.changed && model.parts.length === 0;
    const nothingToDo = isAsItWas && vault.replacesModel;

    const backup = await log.group('Back up the original', async () =>
      nothingToDo ? noBackup(vault, inputs, log) : keepOriginal(vault, model, sha256Before, log),
    );
    const sha256After = sha256(pruned.bytes);
    const candidate = nothingToDo ? null : vault.offerCandidate(pruned.bytes, sha256After);

    const validation =
      seen ??
      (await log.group(`Validate on ${dataset.images.length} images`, () =>
        validateBoth({ dataset, plan }, sha256Before, candidate, inputs, {
          pool,
          nativeBase,
          provider,
          memory,
          log,
        }),
      ));
    // The models take most of the memory, and are not needed any more.
    await pool.close();
    const [before, after = before] = validation.models as [ValidatedModel, ValidatedModel?];

    const sizes = compressedSizes(model.bytes, pruned.bytes);
    // It is awaited below; until then a failure must not end the process before the vault is closed.
    sizes.catch(() => {});
    const judgement = await log.group('Judge the drop', async () => {
      const gzipBytesAfter = inputs.thresholds.maxBytes === null ? 0 : (await sizes).gzipBytesAfter;
      return judge(before, after, checked, inputs, gzipBytesAfter, log, timeUp);
    });
    const replaced = candidate !== null && (judgement.verdict.pass || inputs['on-fail'] === 'keep');
    if (replaced) vault.putInPlace();
    const compressed =
      replaced && inputs['output-format'] === 'zstd'
        ? vault.writeBeside(`${inputs.output}.zst`, await zstdFile(pruned.bytes))
        : null;

    return await log.group('Report', async () =>
      reportOn(
        {
          inputs,
          checked,
          runtime,
          pruned,
          dataset,
          search,
          validation,
          judgement,
          baseline,
          model: {
            path: inputs.model,
            backup: backup?.path ?? null,
            output: inputs.output,
            replaced,
            compressed,
            sha256Before,
            sha256After,
            bytes: model.bytes.length,
            parts: model.parts,
            ...(await sizes),
          },
          pruneSeconds,
          started,
        },
        log,
      ),
    );
  } finally {
    callOff();
    scratch.remove();
    vault.close();
    await pool.close();
  }
}

function openVault(inputs: Inputs, log: Log, stop: AbortSignal): ModelVault {
  const vault = new ModelVault(inputs);
  vault.notes.forEach(log.warning);
  stop.addEventListener('abort', () => {
    vault.close();
    log.warning(`Stopped by ${stop.reason}. ${vault.describe()}`);
  });
  return vault;
}

function keepOriginal(
  vault: ModelVault,
  { bytes, parts }: ModelFile,
  sha256Before: string,
  log: Log,
): Backup {
  const backup = vault.keepOriginal(bytes, sha256Before, parts);
  log.info(backupLine(backup, sha256Before));
  return backup;
}

function noBackup(vault: ModelVault, { model }: Inputs, log: Log): Pick<Backup, 'path'> | null {
  log.info(`${model} is already pruned like this: nothing changes, so nothing is backed up.`);
  const path = vault.existingBackup();
  return path === null ? null : { path };
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}
