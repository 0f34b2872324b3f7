/** The arrows of the house: index|cli → run → rooms, and nothing backwards. See docs/architecture.md. */
const ROOMS =
  '^src/(onnx|prune|dataset|validate|metrics|report|files|runtime)/|^src/(gate|protocol|errors)[.]ts$';

module.exports = {
  forbidden: [
    {
      name: 'only-github-inputs-and-entries-know-actions',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(github/|runtime/|inputs[.]ts|index[.]ts|cli[.]ts)' },
      to: { path: 'node_modules/@actions/' },
    },
    {
      name: 'rooms-do-not-reach-outside',
      severity: 'error',
      from: { path: ROOMS },
      to: { path: '^src/(github/|run[.]ts|inputs[.]ts|index[.]ts|cli[.]ts)' },
    },
    {
      name: 'the-command-line-works-without-actions',
      severity: 'error',
      from: { path: '^src/(cli|run)[.]ts$' },
      to: { path: '^src/github/' },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
