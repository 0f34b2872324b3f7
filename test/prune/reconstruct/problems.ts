import { createRequire } from 'node:module';
import type * as Ort from 'onnxruntime-node';
import { mulberry32 } from '../../../src/calibrate/random.ts';

export const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof Ort;

/** Numbers around zero, the same for the same seed. */
export function numbers(count: number, seed: number): Float64Array {
  const random = mulberry32(seed);
  return Float64Array.from({ length: count }, () => random() + random() + random() - 1.5);
}

/** Second moments of columns that correlate: Xᵀ·X of places that share a common part. */
export function secondMoments(columns: number, seed: number): Float64Array {
  const places = columns * 4;
  const x = numbers(places * columns, seed);
  const common = numbers(places, seed + 1);
  for (let i = 0; i < x.length; i++) x[i]! += common[Math.floor(i / columns)]!;
  const h = new Float64Array(columns * columns);
  for (let p = 0; p < places; p++) {
    for (let i = 0; i < columns; i++) {
      for (let j = 0; j < columns; j++) h[i * columns + j]! += x[p * columns + i]! * x[p * columns + j]!;
    }
  }
  return h;
}

/** Solves a·x = b by elimination with pivots; a [n, n]. */
export function solveLinear(a: readonly (readonly number[])[], b: readonly number[]): readonly number[] {
  const rows = a.map((row, i) => [...row, b[i]!]);
  const n = rows.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++) {
      if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    for (let i = 0; i < n; i++) {
      if (i === column) continue;
      const factor = rows[i]![column]! / rows[column]![column]!;
      for (let j = column; j <= n; j++) rows[i]![j]! -= factor * rows[column]![j]!;
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}
