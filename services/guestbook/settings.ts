import { z } from 'zod';

/** What guestbook wants to know from its environment. */
export const settings = z.object({
  HELLO_URL: z.string().meta({ description: 'where hello is: URLs with commas between, or dns://name:port' }),
  DATABASE_URL: z.string().optional().meta({ description: 'PostgreSQL; without one, visits are in a SQLite file' }),
  DATA_DIR: z.string().default('.data').meta({ description: 'folder of the SQLite file, on a local disk' }),
});
