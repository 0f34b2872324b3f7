/** What a row of the table is measured with. */
export interface Context {
  /** Runs everything on the embedded detector with as little as possible: whether it works, not how fast it is. */
  readonly quick: boolean;
  /** The folder of real models and data; `null` where it is missing. */
  readonly cases: string | null;
  /** Python environment with OpenCV, and with the peers to compare with. */
  readonly python: string | null;
  readonly compare: string | null;
  /** An empty folder for this run. */
  readonly folder: string;
}

/** One row's result. */
export interface Measured {
  readonly value: number;
  /** What the value was made from: seconds, milliseconds, bytes, by name. */
  readonly parts: Readonly<Record<string, number>>;
  /** Limits that depend on the machine, in place of the row's own. */
  readonly must?: number;
  readonly aim?: number;
}

/** One line of the table of targets. */
export interface Row {
  readonly name: string;
  readonly what: string;
  /** Limits of the value; `null` for a row that is only for comparison. */
  readonly must: number | null;
  readonly aim: number | null;
  /** Whether the value must reach its limits, or stay within them. */
  readonly better: 'lower' | 'higher';
  measure(context: Context): Promise<Measured>;
}

/** What is missing for a row to be measured. */
export class Needs extends Error {}
