export { admin } from './admin/contract.ts';
