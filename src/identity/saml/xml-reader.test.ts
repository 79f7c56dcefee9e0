import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributeOf } from './xml-element.ts';
import { readXml, type XmlLimits } from './xml-reader.ts';

const LIMITS: XmlLimits = { length: 10_000, elements: 50, depth: 8, comments: 'refuse' };
const read = (text: string, limits: Partial<XmlLimits> = {}) => readXml(text, { ...LIMITS, ...limits });
const refuses = (text: string, limits: Partial<XmlLimits> = {}) => assert.throws(() => read(text, limits), { code: 'unauthenticated' }, text);

test('elements, attributes, namespaces and references are read as XML says', () => {
  const root = read(
    '<?xml version="1.0" encoding="UTF-8"?>\n<a:r xmlns:a="urn:a" xmlns="urn:d" a:k="1" k=\'2 &amp; &#x41;\'><c>x &lt; y&#10;</c><a:c/> t</a:r>\n',
  );
  assert.deepEqual([root.namespace, root.local, root.text], ['urn:a', 'r', ' t']);
  assert.deepEqual(root.attributes, [
    { namespace: 'urn:a', local: 'k', value: '1' },
    { namespace: '', local: 'k', value: '2 & A' },
  ]);
  assert.deepEqual(
    root.children.map(({ namespace, local, text }) => [namespace, local, text]),
    [
      ['urn:d', 'c', 'x < y\n'],
      ['urn:a', 'c', ''],
    ],
  );
  assert.equal(attributeOf(root, 'k'), '2 & A');
  assert.equal(attributeOf(root, 'absent'), undefined);
});

test('a DOCTYPE is refused, and with it entities of its own, of files and of networks', () => {
  assert.equal(read('<a>&amp;&quot;</a>').text, '&"');
  refuses('<!DOCTYPE a><a/>');
  refuses('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>');
  refuses('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>');
  refuses('<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>');
  refuses('<a>&x;</a>');
  refuses('<a>a & b</a>');
});

test('comments, CDATA and processing instructions are refused where signatures do not see them, and comments skipped in metadata', () => {
  refuses('<a>x<!-- y -->z</a>');
  refuses('<!-- y --><a/>');
  refuses('<a><![CDATA[x]]></a>');
  refuses('<a>]]></a>');
  refuses('<a><?php x?></a>');
  refuses('<?xml version="1.1"?><a/>');
  refuses('<?xml version="1.0" encoding="UTF-16"?><a/>');
  assert.equal(read('<!-- y --><a>x<!-- y - z -->z</a><!---->', { comments: 'skip' }).text, 'xz');
  refuses('<a><!-- y -- z --></a>', { comments: 'skip' });
});

test('an attribute that is given twice is refused, under two prefixes too', () => {
  refuses('<a k="1" k="2"/>');
  refuses('<a xmlns:x="u" xmlns:y="u" x:k="1" y:k="2"/>');
  refuses('<a xmlns:x="u" xmlns:x="v"/>');
  refuses('<a xmlns="u" xmlns="v"/>');
  assert.equal(read('<a xmlns:x="u" xmlns:y="v" x:k="1" y:k="2"/>').attributes.length, 2);
});

test('namespaces that are not declared, taken away or those of XML itself are refused', () => {
  refuses('<x:a/>');
  refuses('<a x:k="1"/>');
  refuses('<a xmlns:x=""/>');
  refuses('<a xmlns:xml="urn:x"/>');
  refuses('<a xmlns:xmlns="urn:x"/>');
  refuses('<a><b xmlns:x="u"/><x:c/></a>');
  assert.equal(read('<a xmlns="u"><b xmlns=""/></a>').children[0]?.namespace, '');
});

test('what is not well-formed is refused', () => {
  const texts = [
    '',
    'x',
    '<a>',
    '<a></b>',
    '<a:b xmlns:a="u"></b>',
    '<a/><b/>',
    '<a/>x',
    '<a k=1/>',
    '<a k="<"/>',
    '<a k="1"l="2"/>',
    '< a/>',
    '<a k="\n"/>',
    '<é/>',
  ];
  for (const text of [...texts, '<a>\0</a>', '<a>&#0;</a>', '<a>&#xD800;</a>', '<a>&#x110000;</a>', '<a>\ud800</a>', '<a>\ufffe</a>']) refuses(text);
});

test('length, number and depth have an end', () => {
  refuses(`<a>${'x'.repeat(10_000)}</a>`);
  refuses(`<a>${'<b/>'.repeat(50)}</a>`);
  refuses('<a>'.repeat(9) + '</a>'.repeat(9));
  refuses(`<a ${Array.from({ length: 65 }, (_, n) => `k${n}=""`).join(' ')}/>`);
  assert.equal(read('<a>'.repeat(8) + '</a>'.repeat(8)).local, 'a');
});
