export { type AdminAppOptions, createAdminApp } from './admin-app.ts';
export { type AppOptions, createApp } from './app.ts';
export { ConfigError } from './config-error.ts';
export type { Closeable } from './drain.ts';
export { createLogger, type LoggerOptions, type LogLevel } from './logger.ts';
export { readConfig } from './read-config.ts';
export { run } from './run.ts';
export { type RunningService, type ServeOptions, serve } from './server.ts';
export type { Environment, Settings } from './settings.ts';
