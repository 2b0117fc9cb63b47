/** Where a worker of a service stands, as its supervisor says. */
export interface WorkerPlace {
  /** Unix socket on which the worker serves the requests of operators that its supervisor hands on. */
  readonly socket: string;
  /** The operators' port, which the supervisor listens on. */
  readonly adminPort: number;
}

const variable = 'PARLEY_WORKER';

/** The environment variable that makes a process a worker in this place. */
export function workerVariable(place: WorkerPlace): Readonly<Record<string, string>> {
  return { [variable]: JSON.stringify(place) };
}

const place = takePlace();

/** The place of this process among the workers of a service; none where it serves alone. */
export function workerPlace(): WorkerPlace | undefined {
  return place;
}

function takePlace(): WorkerPlace | undefined {
  const text = process.env[variable];
  // A process that the worker starts is no worker.
  delete process.env[variable];
  return text ? (JSON.parse(text) as WorkerPlace) : undefined;
}
