import picomatch from 'picomatch';
import { type ConvWeight, findConvWeights } from '../onnx/conv-weights.ts';
import { firstAndLastConvs } from '../onnx/first-and-last.ts';
import type { ModelFile } from '../onnx/model-file.ts';
import { readValues } from '../onnx/stored-tensor.ts';
import type { Layer } from './types.ts';

/** The entry of `exclude` that stands for the stem and the heads' last Convs. */
export const FIRST_AND_LAST = 'first-and-last';

/** A layer and the tensor that it came from; `values` are read anew each time, so that a large model is there but once. */
export interface ModelLayer extends Layer {
  readonly conv: ConvWeight;
}

/** A model's Conv weights by what is to become of them, each list in graph order. */
export interface PrunableLayers {
  /** All learnt weights. */
  readonly learnt: readonly ModelLayer[];
  /** Those of them that `exclude` does not name. */
  readonly chosen: readonly ModelLayer[];
  /** Every tensor's name. */
  readonly names: readonly string[];
  /** Entries of `exclude` that matched nothing. */
  readonly unusedExcludes: readonly string[];
}

/**
 * Finds the Conv weights that may be pruned: not the constants of a DFL head, and not those that `exclude` names.
 *
 * @param exclude globs over Conv node and weight names (`*` matches any characters, `/` and `.` included), and
 *   `first-and-last` for the stem and the heads' last Convs.
 * @throws {UserError} when the Conv weights cannot be found or changed, see {@link findConvWeights}.
 */
export function prunableLayers(model: ModelFile, exclude: readonly string[]): PrunableLayers {
  const all: readonly ModelLayer[] = findConvWeights(model).map((conv) => {
    const { name, shape } = conv;
    return {
      name,
      shape,
      conv,
      get values() {
        return readValues(model.bytes, conv.tensor);
      },
    };
  });
  const learnt = all.filter((layer) => !(mayBeDfl(layer) && isDflConstant(layer.shape, layer.values)));
  const constants = new Set(
    all
      .filter((layer) => !learnt.includes(layer))
      .flatMap(({ conv }) => conv.uses.map(({ output }) => output)),
  );
  const rules = exclude.map((entry) => ({ entry, matches: exclusion(entry, model, constants) }));
  return {
    learnt,
    chosen: learnt.filter((layer) => !rules.some(({ matches }) => matches(layer))),
    names: all.map(({ name }) => name),
    unusedExcludes: rules.filter(({ matches }) => !all.some(matches)).map(({ entry }) => entry),
  };
}

function exclusion(
  entry: string,
  model: ModelFile,
  constants: ReadonlySet<string>,
): (layer: ModelLayer) => boolean {
  if (entry === FIRST_AND_LAST) {
    const ends = firstAndLastConvs(model, constants);
    return ({ conv }) => conv.uses.some(({ output }) => ends.has(output));
  }
  const matches = globMatcher(entry);
  return ({ conv: { name, nodes } }) => [name, ...nodes].some((text) => matches(text));
}

/** Names up to this many characters are held against globs with more than stars in them. */
const MAX_GLOB_NAME = 256;

/**
 * A glob as a function. Names come out of the model and may be made to keep an expression with several stars busy for years: stars
 * alone are matched in bounded time, and names of no sensible length by nothing else.
 */
function globMatcher(glob: string): (name: string) => boolean {
  if (/^[\w.:/*-]+$/.test(glob)) return (name) => matchesStars(glob, name);
  const matches = picomatch(glob, { bash: true, dot: true });
  return (name) => name.length <= MAX_GLOB_NAME && matches(name);
}

/** Whether a name is the glob with something in place of each star; after a failure only the last star takes more. */
function matchesStars(glob: string, name: string): boolean {
  let [at, place, star, taken] = [0, 0, -1, 0];
  while (place < name.length) {
    if (glob[at] === '*') {
      star = at++;
      taken = place;
    } else if (glob[at] === name[place]) {
      at++;
      place++;
    } else if (star >= 0) {
      at = star + 1;
      place = ++taken;
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}

function mayBeDfl({ shape: [out, , height, width] }: ModelLayer): boolean {
  return out === 1 && height === 1 && width === 1;
}

/**
 * Whether a Conv weight is the fixed ramp 0, 1, 2, … of a distribution focal loss head (YOLOv8/11, `*dfl.conv.weight`):
 * not a learnt weight, and zeroing part of it would bend every box.
 */
export function isDflConstant(shape: readonly number[], values: Float32Array): boolean {
  const [out, channels, height, width] = shape;
  if (out !== 1 || height !== 1 || width !== 1 || channels! < 2) return false;
  return values.every((value, index) => value === index);
}
