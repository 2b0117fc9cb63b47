export { admin } from './admin/contract.ts';
export { type ServiceLimits, serviceLimits } from './admin/service-limits.ts';
