type Names = ReadonlyMap<number, string>;

const SHOWN = 3;

/** Which classes only one of the two has, as a hint beside two numbers; empty where names are missing. */
export function onlyInOne(model: Names | null, dataset: Names): string {
  if (!model || !dataset.size) return '';
  return `${only('the model', model, dataset)}${only('data.yaml', dataset, model)}`;
}

/**
 * What differs between the names by index of a model and of data.yaml with as many classes; null where nothing does.
 *
 * The index alone decides in validation, so names in another order mean that boxes are compared with the wrong labels.
 */
export function describeDifferences(model: Names, dataset: Names): string | null {
  const differing = [...dataset].filter(([index, name]) => model.get(index) !== name);
  if (!differing.length) return null;
  const pairs = differing
    .slice(0, SHOWN)
    .map(
      ([index, name]) => `${index} is "${model.get(index) ?? ''}" in the model and "${name}" in data.yaml`,
    );
  const more = differing.length > SHOWN ? `, and ${differing.length - SHOWN} more differ` : '';
  const reordered = [...model.values()].sort().join('\n') === [...dataset.values()].sort().join('\n');
  return (
    `${reordered ? 'The model and data.yaml have the same classes in another order' : 'Class names differ'}: ` +
    `${pairs.join(', ')}${more}. Classes are compared by index.`
  );
}

function only(where: string, names: Names, others: Names): string {
  const known = new Set(others.values());
  const missing = [...names.values()].filter((name) => !known.has(name));
  if (!missing.length) return '';
  const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : '';
  return ` Only in ${where}: ${missing.slice(0, SHOWN).join(', ')}${more}.`;
}
