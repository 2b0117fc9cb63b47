// The door for `require`: the same module, with types that a CommonJS file with `module: node16` may import.
import contract = require('./contract.ts');

export = contract;
