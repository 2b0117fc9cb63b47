import type { Handlers } from '@parley/contract';
import { type catalogue, unknownArticle } from './contract.js';

const prices = new Map([
  ['tea', 450],
  ['cup', 900],
]);

export const handlers: Handlers<typeof catalogue> = {
  async getArticle({ id }) {
    const priceCents = prices.get(id);
    if (priceCents === undefined) throw unknownArticle(`there is no ${id}`, { id });
    return { id, priceCents };
  },
};
