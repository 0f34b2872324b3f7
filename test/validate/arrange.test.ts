import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { arrange } from '../../src/validate/detect.ts';

test('on the CPU each core is a worker', () => {
  expect(arrange(3)).toEqual({ workers: 3, threadsPerWorker: 1 });
  expect(arrange(0)).toEqual({ workers: availableParallelism(), threadsPerWorker: 1 });
});

test.each(['cuda', 'coreml', 'dml', 'webgpu'] as const)(
  'by %s one worker has the card to itself',
  (provider) => {
    expect(arrange(3, provider)).toEqual({ workers: 1, threadsPerWorker: 3 });
  },
);
