export interface OcsfActivity {
  readonly id: number;
  readonly name: string;
}

/** An event as one class of the category Application Activity has it: which activity of that class, and the attributes that others have not. */
export interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly activity: OcsfActivity;
  readonly attributes: object;
  /** For what the class has no attribute. */
  readonly unmapped?: object;
}

/** What a class has no activity for is named by ourselves. */
export function otherActivity(name: string): OcsfActivity {
  return { id: 99, name };
}
