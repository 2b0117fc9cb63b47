import type { Handlers } from '@parley/contract';
import { outOfStock, type stock, unknownItem } from './contract.ts';

export const handlers: Handlers<typeof stock> = {
  async getItem({ id }) {
    if (id !== '7') throw unknownItem(`no item ${id}`);
    return { id, name: 'Teapot', left: 3 };
  },
  async reserve({ count }) {
    if (count > 3) throw outOfStock('only 3 left', { left: 3 });
    return { reservation: 'r-1' };
  },
};
