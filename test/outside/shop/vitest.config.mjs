export default { test: { globals: true, include: ['orders/*.check.ts'] } };
