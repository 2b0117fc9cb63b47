import type { Contract } from '@parley/contract';
import { type AppOptions, appForms, type MountedAppOptions, mountedAppForms } from './app-options.ts';
import type { Closeable } from './connections/drain.ts';
import type { FloodLimits } from './connections/session-floods.ts';
import type { UnreadLimits } from './connections/unread-replies.ts';
import { anyForm, type OptionForms, objectForm, objectsForm } from './options/option-form.ts';
import { settingNames } from './process/setting-sources.ts';
import type { Settings } from './process/settings.ts';
import type { TlsOptions } from './tls/secure-context.ts';

/** How a service is run. */
export interface ServeOptions<C extends Contract = Contract, Extras = unknown>
  extends AppOptions<C, Extras>,
    UnreadLimits,
    FloodLimits {
  /** Closed after the last request, in order: upstreams, a database. Default: nothing. */
  readonly closeables?: readonly Closeable[];
  /** TLS for callers: HTTP/2 or HTTP/1.1, as they wish. Default: by `TLS_CERT_FILE`, `TLS_KEY_FILE` and `TLS_CA_FILE`; cleartext without. */
  readonly tls?: TlsOptions;
  /** Settings that the environment cannot change. Default: none. */
  readonly settings?: Partial<Settings>;
}

/** How applications are run that have no contract. */
export interface ServeAppOptions extends MountedAppOptions, Omit<ServeOptions, keyof AppOptions> {}

const ofServe: OptionForms<Omit<ServeOptions, keyof AppOptions>> = {
  closeables: objectsForm('[pool], each with a method close', 'close'),
  tls: objectForm("{ cert: { file: 'a.crt' }, key: { file: 'a.key' } }", { members: ['cert', 'key', 'ca'] }),
  settings: objectForm('{ port: 3000 }', { members: settingNames }),
  writeTimeoutMs: anyForm,
  maxUnreadBytesPerConnection: anyForm,
  maxUnreadBytes: anyForm,
  maxEarlyResets: anyForm,
  maxControlFrames: anyForm,
};

/** Forms of {@link ServeOptions} and {@link ServeAppOptions}. */
export const serveForms = { contract: { ...appForms, ...ofServe }, mounted: { ...mountedAppForms, ...ofServe } };
