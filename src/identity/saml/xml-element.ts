/** One element as it was read, its namespace resolved. */
export interface XmlElement {
  readonly namespace: string;
  readonly local: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Its own text, that of its children not among it. */
  readonly text: string;
}

export interface XmlAttribute {
  readonly namespace: string;
  readonly local: string;
  readonly value: string;
}

export function isElement(element: XmlElement, namespace: string, local: string): boolean {
  return element.namespace === namespace && element.local === local;
}

export function childrenOf(element: XmlElement, namespace: string, local: string): readonly XmlElement[] {
  return element.children.filter((child) => isElement(child, namespace, local));
}

/** The value of an attribute without a namespace. */
export function attributeOf(element: XmlElement, local: string): string | undefined {
  return element.attributes.find((one) => one.namespace === '' && one.local === local)?.value;
}

/** The element and everything below it. */
export function* walk(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) yield* walk(child);
}
