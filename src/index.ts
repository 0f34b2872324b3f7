import './no-telemetry.ts';
import { failAction, runAction } from './github/action.ts';

process.on('uncaughtException', failAction);
process.on('unhandledRejection', failAction);

await runAction(import.meta.url).catch(failAction);
