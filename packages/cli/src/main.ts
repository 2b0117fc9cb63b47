import { processDependencies } from './process-dependencies.ts';
import { runParley } from './program.ts';

process.exitCode = await runParley(process.argv.slice(2), processDependencies());
