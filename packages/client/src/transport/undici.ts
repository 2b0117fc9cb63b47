// The only file that imports undici: everything of it that the package needs comes from here.
export { Client, Dispatcher, Dispatcher1Wrapper, errors, FormData, Pool, Response } from 'undici';
