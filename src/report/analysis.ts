import { type Analysis, TRIED_AMOUNTS } from '../prune/analyze.ts';
import { percent } from './text.ts';

/** An analysis as a table for the terminal, and what its last columns mean. */
export function analysisLines({ layers, constants, weights, zeros }: Analysis): readonly string[] {
  const isMeasured = layers.some(({ detectionsLost }) => detectionsLost !== null);
  const rows = [
    [
      ...['Layer', 'Shape', 'Weights', 'Zero', ...TRIED_AMOUNTS.map((amount) => `l1 ${100 * amount} %`)],
      ...(isMeasured ? ['Lost'] : []),
    ],
    ...layers.map((layer) => [
      layer.name,
      layer.shape.join('×'),
      layer.weights.toLocaleString('en'),
      percent(layer.zeros / layer.weights),
      ...layer.energyLost.map((share) => percent(share)),
      ...(layer.detectionsLost === null ? [] : [percent(layer.detectionsLost)]),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return [
    ...rows.map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  '),
    ),
    `${layers.length} layers, ${weights.toLocaleString('en')} weights, ${percent(zeros / weights)} of them zero` +
      (constants.length > 0 ? `; constants that are never pruned: ${constants.join(', ')}` : ''),
    `The columns l1 are the share of Σ w² that l1 takes from the layer${isMeasured ? '' : ': a hint by the weights alone, no image was looked at'}.`,
    ...(isMeasured
      ? [
          'Lost is the share of the detections, by confidence, that are gone when l1 takes 30 % of this layer alone.',
        ]
      : []),
  ];
}
