import { personalTexts, vectors } from './cases.ts';

/** One row of a result, with the field that holds a value. */
export interface StructuredRow {
  readonly kind: string;
  readonly row: Readonly<Record<string, string>>;
  readonly field: string;
}

/** Keys as schemas have them, for the types of the labelled texts. */
const TEXT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  EMAIL_ADDRESS: ['email', 'contact'],
  PHONE_NUMBER: ['phone', 'mobile_number'],
  CREDIT_CARD: ['card_number', 'pan', 'value'],
  US_SSN: ['ssn', 'value'],
  IBAN_CODE: ['iban', 'account', 'value'],
  IP_ADDRESS: ['ip', 'last_login_from'],
  US_DRIVER_LICENSE: ['drivers_license', 'driverLicenseNumber'],
  ZIP_CODE: ['zip', 'postal_code'],
  AGE: ['age'],
  DOMAIN_NAME: ['website'],
};

/** Keys for the kinds of the vectors, all of whose valid values count. */
const VECTOR_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'isCreditCard null': ['creditCard'],
  'isIBAN null': ['iban', 'bankAccount'],
  'isMACAddress null': ['mac_address'],
  'isIMEI null': ['imei'],
  'isAbaRouting null': ['routing_number'],
  'isBIC null': ['bic', 'swift_code'],
  'isBtcAddress null': ['wallet'],
  'isEthereumAddress null': ['wallet'],
  'isIdentityCard ["PL"]': ['pesel', 'national_id'],
  'isIdentityCard ["FI"]': ['hetu', 'national_id'],
  'isIdentityCard ["IN"]': ['aadhaar', 'aadhaarNumber'],
  'isIdentityCard ["ES"]': ['dni', 'national_id'],
  'isIdentityCard ["NO"]': ['personal_id', 'national_id'],
  'isIdentityCard ["zh-CN"]': ['id_card', 'national_id'],
  'isIdentityCard ["zh-TW"]': ['national_id'],
  'isIdentityCard ["TH"]': ['national_id'],
  'isTaxID ["de-DE"]': ['tax_id', 'steuerId'],
  'isTaxID ["it-IT"]': ['codice_fiscale', 'tax_id'],
  'isTaxID ["pt-BR"]': ['cpf', 'tax_id'],
  'isTaxID ["en-IN"]': ['pan', 'tax_id'],
  'isTaxID ["en-CA"]': ['sin', 'tax_id'],
  'isTaxID ["en-US"]': ['ein', 'tax_id'],
  'isTaxID ["nl-NL"]': ['bsn'],
  'isPassportNumber ["US"]': ['passport', 'passport_number'],
  'isPassportNumber ["DE"]': ['passportNo'],
  'isPassportNumber ["GB"]': ['passport_number'],
  'isPassportNumber ["FR"]': ['passport_number'],
  'isPassportNumber ["IN"]': ['passport'],
  'isVAT ["DE"]': ['vat_number', 'vatId'],
  'isVAT ["FR"]': ['vat'],
  'isVAT ["IT"]': ['vat_number'],
  'isVAT ["GB"]': ['vat_number'],
  'isLicensePlate ["de-DE"]': ['license_plate'],
  'isLicensePlate ["pt-BR"]': ['licensePlate'],
};

/** Every value in a row of its own, beside fields of the kind that every reply has. */
export function structuredRows(): readonly StructuredRow[] | undefined {
  const [texts, all] = [personalTexts(), vectors()];
  if (!texts || !all) return undefined;
  const spans = texts.flatMap(({ text, labels }) => labels.map(({ start, end, type }) => ({ kind: type, value: text.slice(start, end) })));
  const valid = all.filter((vector) => vector.valid).map((vector) => ({ kind: `${vector.validator} ${JSON.stringify(vector.args)}`, value: vector.value }));
  return [...spans, ...valid].flatMap(({ kind, value }, index) =>
    (TEXT_FIELDS[kind] ?? VECTOR_FIELDS[kind] ?? []).map((field) => ({ kind, field, row: { ...surroundings(index), [field]: value } })),
  );
}

function surroundings(index: number): Readonly<Record<string, string>> {
  const hex = (index * 2_654_435_761).toString(16).padStart(12, '0');
  return {
    id: String(1_000_000 + index * 37),
    uuid: `${hex.slice(0, 8)}-${hex.slice(2, 6)}-4${hex.slice(3, 6)}-8${hex.slice(1, 4)}-${hex.slice(-6)}${hex.slice(0, 6)}`,
    created_at: `2026-0${1 + (index % 9)}-1${index % 10}T0${index % 10}:15:3${index % 10}Z`,
    order_number: `ORD-2026-${10_000 + index}`,
    sku: `SKU${1000 + (index % 9000)}-B`,
    amount: `${index % 997}.${10 + (index % 89)}`,
    version: `v1.${index % 40}.${index % 7}`,
    status: ['active', 'pending', 'shipped'][index % 3] ?? 'active',
    commit: hex.repeat(4).slice(0, 40),
    note: 'Reviewed on schedule, nothing to add; see ticket 48213',
    path: `/srv/data/part-0000${index % 10}.parquet`,
    epoch: String(1_760_000_000 + index),
  };
}
