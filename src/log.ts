/** Where the story of a run is told: the runner's log, or a terminal. */
export interface Log {
  info(line: string): void;
  warning(line: string): void;
  /** Runs one phase under a heading. */
  group<T>(title: string, phase: () => Promise<T>): Promise<T>;
}

/** Tells nothing. */
export const silent: Log = { info: () => {}, warning: () => {}, group: (_, phase) => phase() };
