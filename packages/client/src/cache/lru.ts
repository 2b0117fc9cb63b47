/** The map that forgets what was used least recently: the one place that knows the library. */
export { LRUCache } from 'lru-cache';
