import { expect, test } from 'vitest';
import { countBrackets } from '../src/json-value.ts';

test('brackets are counted wherever they are', () => {
  expect(countBrackets(Buffer.from('{"a":[1,[2]],"b":"[{"}'))).toBe(5);
});
