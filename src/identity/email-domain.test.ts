import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emailDomain } from './email-domain.ts';

test('an address has the domain behind its one @, however that is written', () => {
  assert.equal(emailDomain('ann@example.com'), 'example.com');
  assert.equal(emailDomain('ann+x@EXAMPLE.com'), 'example.com');
  assert.equal(emailDomain('ann@bücher.example'), 'xn--bcher-kva.example');
});

test('what two readers could take for two domains has none', () => {
  const tricks = [
    'ann@example.com@evil.test',
    'ann@evil.test,bob@example.com',
    '"ann@evil.test"@example.com',
    'ann@example.com ',
    'ann@example.com\n@evil.test',
  ];
  for (const text of [...tricks, 'ann', '@example.com', 'ann@', 'ann@localhost', 'ann@[127.0.0.1]', 'ann@example.com/x', 'ann@.com', 'ann@exa%6dple.com'])
    assert.equal(emailDomain(text), undefined, text);
});
