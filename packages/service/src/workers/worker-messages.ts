/** What a worker tells its supervisor. */
export type WorkerMessage =
  /** It accepts requests. */
  | { readonly parley: 'ready' }
  /** It was asked to stop the service: by an operator, or by its application. */
  | { readonly parley: 'stop' }
  /** Its last metrics, in OpenMetrics' format, before it ends. */
  | { readonly parley: 'metrics'; readonly text: string };

/** What a supervisor tells its worker: drain, and end. */
export const drainMessage = { parley: 'drain' } as const;

/** The header with the address of an operator's connection, on the way from supervisor to worker. */
export const peerHeader = 'x-parley-peer';
