import type { AddCommand } from './command.ts';
import { call } from './commands/call.ts';
import { calls } from './commands/calls.ts';
import { circuit } from './commands/circuit.ts';
import { completion } from './commands/completion.ts';
import { contracts } from './commands/contracts.ts';
import { drain } from './commands/drain.ts';
import { fault } from './commands/fault.ts';
import { gateway } from './commands/gateway.ts';
import { launcher } from './commands/launcher.ts';
import { lint } from './commands/lint.ts';
import { logLevel } from './commands/log-level.ts';
import { options } from './commands/options.ts';
import { rollout } from './commands/rollout.ts';
import { services } from './commands/services.ts';
import { top } from './commands/top.ts';
import { trace } from './commands/trace.ts';
import { upstreams } from './commands/upstreams.ts';
import { wiring } from './commands/wiring.ts';

/** Every command, in the order of the help. A new one is a file in `commands/` and a line here. */
export const commandTable: readonly AddCommand[] = [
  launcher,
  call,
  services,
  upstreams,
  calls,
  trace,
  lint,
  circuit,
  options,
  logLevel,
  fault,
  drain,
  rollout,
  top,
  contracts,
  gateway,
  wiring,
  completion,
];
