import { SallyportError } from '../core/error.ts';
import type { Event } from '../core/event.ts';
import type { Body } from '../core/recorder.ts';

/** A body as its leaf names it: where its ciphertext's hash is, and with which key it opens. Erasing the key changes no leaf. */
export interface SealedBody {
  readonly name: Body['name'];
  readonly contentType: string;
  /** Length of the plaintext. */
  readonly bytes: number;
  /** Id of the data key. */
  readonly key: string;
  /** SHA-256, hex, of what is stored: nonce, ciphertext, tag. */
  readonly sha256: string;
}

/** The stored record: an event at its place in one writer's log. A leaf of the tree is the RFC 8785 text of this. */
export interface Leaf extends Event {
  readonly writer: string;
  readonly index: number;
  readonly bodies?: readonly SealedBody[];
}

/**
 * RFC 8785 text of a leaf, equal to `canonicalJson` byte for byte (tested): this runs twice for every command, and an engine's own
 * `JSON.stringify` is several times as fast as anything that sorts. So every object is written down with its members in their order; the
 * types see to it that none is left out. A member that is undefined is not written.
 */
export function leafText(leaf: Leaf): string {
  return leafTextOf(leaf, leaf);
}

/** The same of an event and where it stands, without making one object of them first. */
export function leafTextOf(leaf: Event, place: Pick<Leaf, 'writer' | 'index' | 'bodies'>): string {
  return JSON.stringify({
    approval: leaf.approval,
    bodies: place.bodies?.map(bodyMembers),
    client: leaf.client && clientMembers(leaf.client),
    command: leaf.command && commandMembers(leaf.command),
    decision: leaf.decision && decisionMembers(leaf.decision),
    id: leaf.id,
    index: place.index,
    intent: leaf.intent,
    kind: leaf.kind,
    masks: leaf.masks?.map(maskMembers),
    note: leaf.note,
    outcome: leaf.outcome && outcomeMembers(leaf.outcome),
    protocol: leaf.protocol,
    session: leaf.session,
    subject: leaf.subject && subjectMembers(leaf.subject),
    target: leaf.target,
    time: leaf.time,
    writer: place.writer,
  } satisfies Every<Leaf>);
}

/** Every member of T, so that one that is added to an event cannot be forgotten here. */
type Every<T> = Readonly<Record<keyof T, unknown>>;
type Member<K extends keyof Leaf> = NonNullable<Leaf[K]>;

const bodyMembers = ({ bytes, contentType, key, name, sha256 }: SealedBody): object => ({ bytes, contentType, key, name, sha256 }) satisfies Every<SealedBody>;

const clientMembers = ({ address, id, name, userAgent }: Member<'client'>): object => ({ address, id, name, userAgent }) satisfies Every<Member<'client'>>;

const commandMembers = ({ digest, flags, name }: Member<'command'>): object => ({ digest, flags, name }) satisfies Every<Member<'command'>>;

function decisionMembers({ effect, policyVersion, reason, risk, rule }: Member<'decision'>): object {
  const { factors, score } = risk;
  const inOrder = { factors: factors.map(factorMembers), score } satisfies Every<Member<'decision'>['risk']>;
  return { effect, policyVersion, reason, risk: inOrder, rule } satisfies Every<Member<'decision'>>;
}

type Factor = Member<'decision'>['risk']['factors'][number];
const factorMembers = ({ name, points }: Factor): object => ({ name, points }) satisfies Every<Factor>;

const maskMembers = ({ by, count, name }: Member<'masks'>[number]): object => ({ by, count, name }) satisfies Every<Member<'masks'>[number]>;

const outcomeMembers = ({ bytes, milliseconds, status }: Member<'outcome'>): object => ({ bytes, milliseconds, status }) satisfies Every<Member<'outcome'>>;

const subjectMembers = ({ groups, id, issuer, kind, name, onBehalfOf }: Member<'subject'>): object =>
  ({ groups, id, issuer, kind, name, onBehalfOf }) satisfies Every<Member<'subject'>>;

/** Undefined where the bytes are not a leaf at all. */
export function readLeaf(bytes: Buffer | string): Leaf | undefined {
  try {
    // The bytes are our own (or a forger's: then the tree says so); what is relied on is checked here.
    const leaf = JSON.parse(bytes.toString()) as Partial<Leaf> | null;
    const whole = typeof leaf?.writer === 'string' && Number.isSafeInteger(leaf.index) && typeof leaf.id === 'string' && typeof leaf.kind === 'string';
    return whole && (leaf.bodies === undefined || Array.isArray(leaf.bodies)) ? (leaf as Leaf) : undefined;
  } catch {
    return undefined;
  }
}

/** Throws `verify_failed` where the text is no event. */
export function leafAt(text: string, index: number): Leaf {
  const leaf = readLeaf(text);
  if (!leaf) throw new SallyportError('verify_failed', `record ${index} is no event`, { hint: 'run `sallyport audit verify`' });
  return leaf;
}
