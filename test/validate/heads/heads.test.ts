import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { HEADS } from '../../../src/validate/heads/index.ts';
import type { Detections } from '../../../src/validate/types.ts';
import cases from '../../fixtures/detections/detections.json';
import { type Case, rawOutput } from './raw-output.ts';

/** SHA-256 of the rows x1, y1, x2, y2, confidence, class, as make.py hashes them. */
function sha256({ count, xyxy, conf, cls }: Detections): string {
  const rows = new Float32Array(count * 6);
  for (let row = 0; row < count; row++)
    rows.set([...xyxy.subarray(row * 4, row * 4 + 4), conf[row], cls[row]], row * 6);
  return createHash('sha256').update(rows).digest('hex');
}

describe('detections are those of the reference, bit for bit', () => {
  for (const drawing of cases as readonly Case[]) {
    test(`${drawing.head}: ${drawing.name}`, () => {
      const { output, dims } = rawOutput(drawing);
      const results = drawing.results.map((_, batchIndex) => {
        const detections = HEADS[drawing.head].decode(output, dims, { ...drawing, batchIndex });
        return { count: detections.count, sha256: sha256(detections) };
      });
      expect(results).toEqual(drawing.results);
    });
  }
});
