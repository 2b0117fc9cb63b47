export { type CommandLine, type GatewayKind, type Program, parseCommandLine } from './command-line.ts';
export { Launcher, type LauncherOptions, type ReplicaStatus } from './launcher.ts';
export { LocalError } from './local-error.ts';
export type { Level, Log } from './log/log.ts';
export { createLogLines, type LogLinesOptions } from './log/log-lines.ts';
export type { ProcessState } from './processes/program.ts';
export { runLocal } from './run.ts';
export { type RunningReplica, type RunningSystem, runningSystems } from './runs/running-systems.ts';
