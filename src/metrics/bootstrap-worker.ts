import { serve } from '../workers/serve.ts';
import { DropCounter, type Drops, type ResamplingPlan } from './bootstrap.ts';

/** Some of the resamples: number `from` up to `to`. */
export interface ResampleRange {
  readonly from: number;
  readonly to: number;
}

/** What a worker that resamples offers. */
export type ResampleWorker = {
  /** Must come first. */
  readonly load: (plan: ResamplingPlan) => Promise<void>;
  readonly once: (_: null) => Promise<Drops>;
  readonly resample: (range: ResampleRange) => Promise<Drops>;
};

let counter: DropCounter;

const methods: ResampleWorker = {
  async load(plan) {
    counter = new DropCounter(plan);
  },
  async once() {
    return counter.once();
  },
  async resample({ from, to }) {
    return counter.resample(from, to);
  },
};
serve(methods);
