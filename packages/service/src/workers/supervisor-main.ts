/**
 * The program of a supervisor, which `becomeSupervisor` starts. Its arguments are the service's program and that one's own.
 * The service imports it too, for its address: then it does nothing else.
 */
import { createLogger } from '../process/logger.ts';
import { run } from '../process/run.ts';
import { takeSupervision } from './supervision.ts';

/** Where this program is. */
export const supervisorUrl: string | undefined = import.meta.url;

const supervision = takeSupervision();
// Without `await`, which a bundle that is CommonJS cannot have here.
if (supervision) {
  void run(async () => {
    const { superviseService } = await import('./supervise-service.ts');
    const [, , script = '', ...args] = process.argv;
    await superviseService(
      supervision,
      { script, args },
      createLogger(supervision.name, { level: supervision.logLevel }),
    );
  });
}
