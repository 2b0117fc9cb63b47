/** The program of a supervisor, which `becomeSupervisor` starts. Its arguments are the service's program and that one's own. */
import { createLogger } from '../process/logger.ts';
import { run } from '../process/run.ts';
import { superviseService } from './supervise-service.ts';
import { takeSupervision } from './supervision.ts';

await run(async () => {
  const supervision = takeSupervision();
  const [, , script = '', ...args] = process.argv;
  await superviseService(
    supervision,
    { script, args },
    createLogger(supervision.name, { level: supervision.logLevel }),
  );
});
