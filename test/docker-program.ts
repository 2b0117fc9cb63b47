import { execFile } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program of an image of Docker, which can be started as if it was on this machine. */
export interface DockerProgram {
  /** The path of a script. It takes arguments and signals as the program does. */
  readonly command: string;
  /** Ends what the script has started. */
  remove(): Promise<void>;
}

/**
 * Makes a program of an image as good as one of this machine: it has this machine's network, and reads and writes `folder`
 * at the same path.
 *
 * @param folder a temporary folder with a name that no other has: the container is called by it
 */
export async function dockerProgram(image: string, program: string, folder: string): Promise<DockerProgram> {
  const command = join(folder, `${program}-in-docker`);
  const name = basename(folder);
  // As root: the folder is. Docker passes signals on to the program.
  const options = `--rm --name ${name} --network host --user 0 --volume ${folder}:${folder} --entrypoint ${program}`;
  await writeFile(command, `#!/bin/sh\nexec docker run ${options} ${image} "$@"\n`);
  await chmod(command, 0o755);
  return { command, remove: () => run('docker', ['rm', '--force', name]).then(() => undefined) };
}
