// Prepares the native parts in a process of its own: `prepare-child OPTIONS`, all options but the log as JSON.
import { prepareNativeParts } from '../../src/runtime/prepare.ts';

const log = { info: () => {}, warning: () => {} };
const { base } = await prepareNativeParts({ ...JSON.parse(process.argv[2]!), log });
process.stdout.write(base);
