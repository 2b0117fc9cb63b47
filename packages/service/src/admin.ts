export { type AbortCode, abortCodes } from './admin/abort-codes.ts';
export { admin } from './admin/contract.ts';
export { type ServiceLimits, serviceLimits } from './admin/service-limits.ts';
