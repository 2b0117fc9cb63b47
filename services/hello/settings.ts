import { z } from 'zod';

/** What hello wants to know from its environment. */
export const settings = z.object({
  GREETINGS_URL: z.string().meta({ description: 'where greetings is: URLs with commas between, or dns://name:port' }),
});
