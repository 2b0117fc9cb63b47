import { expect, it } from '@jest/globals'; import * as s from '@parley/service'; it('x', () => { expect(1).toBe(1); });
