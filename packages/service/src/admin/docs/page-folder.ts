/** Where the files of the page are: beside the code. */
export const pageFolder = new URL('page/', import.meta.url);
