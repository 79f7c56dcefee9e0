import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandOf, problemsOf, sessionOf, TARGET } from './fixtures.ts';
import { parseResources, type DetectKinds } from './resources.ts';
import { compilePolicy } from './snapshot.ts';

const DETECTING = `kind: Policy
name: p
targets: [models]
rules:
  - { name: all, allow: ["tools/call *"] }
  - { name: no-secrets, deny: ["tools/call *"], when: '"secret" in detected', message: keep secrets out }
  - { name: cards-are-reviewed, review: ["tools/call *"], when: '"credit-card" in detected && args.to == "x"', approval: { from: [group:leads] } }
`;

describe('what arguments hold', () => {
  const asked: string[][] = [];
  const detect: DetectKinds = (kinds) => {
    asked.push([...kinds]);
    return (value) => new Set(kinds.filter((kind) => JSON.stringify(value).includes(kind)));
  };
  const snapshot = compilePolicy(parseResources([{ file: 'a', text: `${TARGET}---\n${DETECTING}` }], { detectors: ['secret', 'credit-card'], detect }));
  const effectOf = (args: string) => snapshot.decide(sessionOf(snapshot), commandOf('tools/call x', args)).effect;

  it('may refuse the command or hold it for review, by rules like any other', () => {
    assert.equal(effectOf('{"to":"x"}'), 'allow');
    assert.equal(effectOf('{"to":"a secret"}'), 'deny');
    assert.equal(effectOf('{"to":"x","of":"credit-card"}'), 'review');
    assert.deepEqual(asked, [['secret', 'credit-card']]);
  });

  it('is unknown where nobody can look for it: then what restricts applies', () => {
    const blind = compilePolicy(parseResources([{ file: 'a', text: `${TARGET}---\n${DETECTING}` }]));
    assert.equal(blind.decide(sessionOf(blind), commandOf('tools/call x', '{}')).effect, 'deny');
  });

  it('is asked for by names that are known, and in one form', () => {
    const problems = (when: string) =>
      problemsOf(`${TARGET}---\nkind: Policy\nname: p\ntargets: [models]\nrules:\n  - { name: r, deny: ["*"], when: '${when}' }\n`, {
        detectors: ['secret'],
      }).map(({ message }) => message);
    assert.deepEqual(problems('"secret" in detected'), []);
    assert.match(problems('"sekret" in detected')[0] ?? '', /nothing detects sekret/);
    assert.match(problems('"person" in detected')[0] ?? '', /nothing detects person/);
    assert.match(problems('detected.exists(d, d == "sekret")')[0] ?? '', /only for "kind" in detected/);
    assert.match(problems('command.name in detected')[0] ?? '', /literal kind/);
  });
});
