import { SallyportError, type ErrorCode } from '../../core/error.ts';

/** Of RFC 7644, table 9. */
export type ScimType = 'invalidFilter' | 'tooMany' | 'uniqueness' | 'mutability' | 'invalidSyntax' | 'invalidPath' | 'noTarget' | 'invalidValue';

/** What a SCIM client did wrong, with the name that its specification has for it. */
export class ScimError extends SallyportError {
  readonly scimType: ScimType | undefined;

  constructor(code: ErrorCode, message: string, scimType?: ScimType) {
    super(code, message);
    this.name = 'ScimError';
    this.scimType = scimType;
  }
}

export const badRequest = (scimType: ScimType, message: string): ScimError => new ScimError('usage', message, scimType);
