import { z } from 'zod';
import { handlers } from '../../services/greetings/handlers.ts';
import { breakerAround, carefulAxios } from '../client/contenders/axios.ts';
import { carefulExpress, route } from '../service/contenders/express.ts';

const words = z.object({ language: z.string(), name: z.string(), template: z.string() });

/** The words of greeting, from the same data as Parley's service. */
export function greetingsByHand(): Promise<number> {
  const input = z.object({ language: z.string().min(2).max(35) });
  return carefulExpress((app) => {
    route(app, 'get', '/api/greetings/:language', input, words, (given) => handlers.getGreeting(given));
  });
}

/** Greets; asks `greetings` for the words. */
export function helloByHand(greetingsPort: number): Promise<number> {
  const input = z.object({ name: z.string().trim().min(1).max(100), language: z.string().min(2).max(35) });
  const output = z.object({ message: z.string() });
  const greetings = carefulAxios(`http://127.0.0.1:${greetingsPort}`);
  const getGreeting = breakerAround(async (language: string) => {
    const { data } = await greetings.get(`/api/greetings/${encodeURIComponent(language)}`);
    return words.parseAsync(data);
  });
  return carefulExpress((app) => {
    route(app, 'get', '/api/hello', input, output, async ({ name, language }) => {
      const { template } = await getGreeting.fire(language);
      return { message: template.replace('{name}', () => name) };
    });
  });
}
