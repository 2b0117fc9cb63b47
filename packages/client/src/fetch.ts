export { type PageMembers, paginate } from './call/paginate.ts';
export { createFetchClient } from './fetch/fetch-client.ts';
export type { FetchClientOptions, FetchHeaders } from './fetch/fetch-options.ts';
