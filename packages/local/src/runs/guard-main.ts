/**
 * Outlives a launcher that is killed, to end what the launcher started: its standard input ends with the launcher.
 * After a launcher that stopped in order it does nothing.
 */
import { endRun, remainsOf } from './end-run.ts';
import { ownerOf, runFolders } from './run-folder.ts';

const [, , folder = ''] = process.argv;

// The reader may have gone.
process.stderr.on('error', () => {});
process.stdin.on('error', endOrphans);
process.stdin.on('end', endOrphans);
process.stdin.resume();

async function endOrphans(): Promise<void> {
  if (!runFolders().includes(folder)) return;
  const count = remainsOf(folder).length;
  if (count > 0) console.error(`npm start (pid ${ownerOf(folder)?.pid}) was killed: draining its ${count} processes`);
  await endRun(folder);
}
