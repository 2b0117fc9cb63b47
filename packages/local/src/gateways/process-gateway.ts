import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { acceptsConnections, answersAtAll } from '../ports/readiness.ts';
import { livenessDefaults } from '../processes/liveness-watch.ts';
import type { Program } from '../processes/program.ts';
import { logState } from '../processes/replica.ts';
import { SupervisedProcess } from '../processes/supervised-process.ts';
import { unwritable } from '../runs/json-files.ts';
import { createProcessRecord } from '../runs/run-folder.ts';
import type { Gateway, GatewaySetting } from './gateway.ts';
import type { Route } from './table/routes.ts';

// After all services.
const gatewayStage = Number.MAX_SAFE_INTEGER;

/** What a gateway needs that is a process of its own. */
export interface ProcessGatewaySetting extends GatewaySetting {
  /** The temporary folder of the run. */
  readonly folder: string;
}

/** A program that is a gateway, with its configuration. */
export interface GatewayProgram extends Pick<Program, 'command' | 'args' | 'drainSignal' | 'visibleLine'> {
  /** `nginx`: in log lines and in the record of the run. */
  readonly program: string;
  readonly version: string;
  readonly routes: readonly Route[];
  /** Where {@link files} are written. */
  readonly folder: string;
  /** Texts of the configuration by name, which may have folders. */
  files(): Iterable<readonly [string, string]>;
  /** @throws LocalError where the program does not accept the files */
  check(): Promise<void>;
}

/** A gateway that is a supervised process: its configuration is written and checked once, then the process is kept running. */
export function createProcessGateway(gateway: GatewayProgram, setting: ProcessGatewaySetting): Gateway {
  let running: SupervisedProcess | undefined;
  let isClosed = false;
  let prepared: Promise<void> | undefined;
  async function prepare(): Promise<void> {
    writeFiles(gateway.folder, gateway.files());
    await gateway.check();
  }
  return {
    name: `${gateway.program} ${gateway.version}`,
    routes: gateway.routes,
    get pid() {
      return running?.pid;
    },
    get process() {
      return running;
    },
    prepare() {
      prepared ??= prepare();
      return prepared;
    },
    async start() {
      prepared ??= prepare();
      await prepared;
      if (isClosed) return;
      running = supervised(gateway, setting);
      await running.start();
    },
    async close() {
      isClosed = true;
      await running?.stop();
    },
    kill() {
      isClosed = true;
      running?.kill();
    },
  };
}

/** What a program printed, and its error if it has failed. */
export function outputOf(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ error: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { env }, (error, stdout, stderr) => resolve({ error, output: stdout + stderr }));
  });
}

function writeFiles(folder: string, files: Iterable<readonly [string, string]>): void {
  try {
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  } catch (error) {
    throw unwritable(error);
  }
}

function supervised(gateway: GatewayProgram, setting: ProcessGatewaySetting): SupervisedProcess {
  const { program: name, command, args, drainSignal, visibleLine } = gateway;
  const { log, port, root: cwd, variables: env, readyTimeoutMs, drainTimeoutMs } = setting;
  const from = { service: 'gateway', replica: name };
  const what = { name, command, args, drainSignal };
  const program = {
    ...what,
    cwd,
    env,
    isReady: () => acceptsConnections(port),
    isAlive: () => answersAtAll(port, '/', livenessDefaults.timeoutMs),
    ...(visibleLine && { visibleLine }),
    readyTimeoutMs,
    drainTimeoutMs,
    record: createProcessRecord(setting.folder, { ...what, stage: gatewayStage }),
  };
  return new SupervisedProcess(program, {
    onLine: (line, isError) => log.line(from, line, isError),
    onState: (state, pid, why) => logState(log, { replica: name, state, pid }, why),
    onTrouble: (sentence) => log.event('error', sentence, { replica: name }),
  });
}
