import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkpointIsSigned, closedNote, parseCheckpoints, signCheckpoint } from './checkpoint.ts';
import { generateSignerText, noteIsSigned, parseSigner, parseVerifiers, verifierText } from './note.ts';

const signer = parseSigner(generateSignerText('sallyport/test'));
const verifiers = parseVerifiers(verifierText(signer));
const checkpoint = { origin: 'sallyport/test/w1', size: 42, root: Buffer.alloc(32, 7).toString('base64') };

test('the note of the signed-note specification is verified, and not when a byte of it differs', () => {
  // Text, key and signature of golang.org/x/mod/sumdb/note's documentation.
  const [key] = parseVerifiers('PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW');
  const text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
  const line = '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=';
  assert.ok(key);
  assert.equal(noteIsSigned(text, [line], 'PeterNeumann', [key]), true);
  assert.equal(noteIsSigned(text.replace('your', 'my'), [line], 'PeterNeumann', [key]), false);
});

test('a checkpoint is read back as it was signed, and by no other key, name or text', () => {
  const [note] = parseCheckpoints(closedNote(signCheckpoint(checkpoint, signer))).notes;
  assert.ok(note);
  assert.deepEqual(note.checkpoint, checkpoint);
  assert.equal(checkpointIsSigned(note, verifiers), true);
  const other = parseVerifiers(verifierText(parseSigner(generateSignerText('sallyport/test'))));
  assert.equal(checkpointIsSigned(note, other), false);
  assert.equal(checkpointIsSigned({ ...note, text: note.text.replace('42', '43') }, verifiers), false);
  assert.equal(checkpointIsSigned({ ...note, signatures: [] }, verifiers), false);
  assert.equal(checkpointIsSigned({ ...note, signatures: note.signatures.map((line) => line.replace('/w1', '/w2')) }, verifiers), false);
});

test('after a rotation the old key still verifies what it signed', () => {
  const next = parseSigner(generateSignerText('sallyport/test'));
  const both = parseVerifiers(verifierText(signer) + verifierText(next));
  for (const key of [signer, next]) {
    const [note] = parseCheckpoints(closedNote(signCheckpoint(checkpoint, key))).notes;
    assert.ok(note && checkpointIsSigned(note, both));
  }
});

test('notes one after another are told apart wherever the file ends', () => {
  const notes = [1, 2, 3].map((size) => closedNote(signCheckpoint({ ...checkpoint, size }, signer)));
  const source = notes.join('');
  for (let end = 0; end <= source.length; end += 1) {
    const parsed = parseCheckpoints(source.slice(0, end));
    const whole = notes.filter((_, i) => notes.slice(0, i + 1).join('').length <= end).length;
    assert.equal(parsed.notes.length, whole);
    assert.equal(parsed.rest, notes.slice(0, whole).join('').length);
  }
});

test('a key that is not one is refused with words', () => {
  for (const text of ['', 'x', 'a+00000000+AAAA', verifierText(signer).replace(/\+[0-9a-f]{8}\+/, '+00000000+')]) {
    assert.throws(() => parseVerifiers(text), { code: 'verify_failed' });
  }
});
