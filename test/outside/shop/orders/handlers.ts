import type { Client, Handlers } from '@parley/contract';
import type { catalogue } from '../catalogue/contract.js';
import type { orders } from './contract.js';

type Catalogue = Pick<Client<typeof catalogue>, 'getArticle'>;

export function createHandlers(catalogue: Catalogue): Handlers<typeof orders> {
  const all: { id: string; totalCents: number }[] = [];
  return {
    async addOrder({ articles }) {
      const found = await Promise.all(articles.map((id) => catalogue.getArticle({ id })));
      const totalCents = found.reduce((sum, { priceCents }) => sum + priceCents, 0);
      const order = { id: String(all.length + 1), totalCents };
      all.push(order);
      return order;
    },
    async countOrders() {
      return { count: all.length };
    },
  };
}
