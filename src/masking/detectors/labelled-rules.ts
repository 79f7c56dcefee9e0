/** One kind of value that is known by its word. */
export interface LabelledRule {
  readonly name: string;
  readonly description: string;
  /** Words in a text, in any case; a blank in them may be a hyphen, an underscore or nothing. None where only a key tells enough. */
  readonly words: readonly string[];
  /** Source of a pattern for the end of a JSON key, as lower-case words. */
  readonly keys: string;
  /** Keys with such a word mean something else. */
  readonly unless?: RegExp;
  /** Source of a bounded pattern for the value, in any case. */
  readonly value: string;
  /** The fewest digits that it has. */
  readonly digits: number;
  /** Judges the letters and digits, in upper case. */
  readonly valid?: (compact: string) => boolean;
}

/** Letters and digits in up to five groups that hyphens, dots or slashes tie. */
const CODE = '[A-Z0-9]{1,20}(?:[-./][A-Z0-9]{1,12}){0,5}';
/** As `CODE`, or digits in groups with blanks. */
const SPACED = `[A-Z0-9]{1,20}(?:[-./][A-Z0-9]{1,12}){0,5}(?: \\d{2,6}){0,4}`;
const TAIL = '(?: (?:numbers?|no|nr|num|id|code|value))?';

export const LABELLED_RULES: readonly LabelledRule[] = [
  {
    name: 'passport',
    description: 'passport numbers, near their word',
    words: ['passport', 'passports', 'passportnumber', 'reisepass', 'reisepassnummer', 'passeport', 'pasaporte', 'passaporto', 'passaporte', 'paspoort', 'paszport'],
    keys: `(?:passports?|reisepass(?:nummer)?|passeport|pasaporte|passaporto|passaporte|paspoort)${TAIL}`,
    value: '(?:[A-Z]{1,3}[ -])?[A-Z0-9]{6,12}|\\d{2,4} \\d{5,7}',
    digits: 4,
  },
  {
    name: 'driver-license',
    description: "driver's license numbers, near their word",
    words: ["driver's license", "driver's licence", 'driver’s license', 'driver’s licence', 'drivers license', 'drivers licence', 'driver license', 'driver licence', 'driving license', 'driving licence', 'driving permit', 'license number', 'licence number', 'license no', 'licence no', 'führerschein', 'führerscheinnummer', 'fuehrerschein', 'permis de conduire', 'carnet de conducir', 'patente di guida', 'rijbewijs', 'prawo jazdy'],
    keys: `(?:driv(?:er|ers|ing)(?: s)? ?(?:licen[cs]e|permit)|licen[cs]e (?:number|no|nr)|dl (?:number|no)|f[uü]hrerschein(?:nummer)?|cnh)${TAIL}`,
    unless: /software|product|plate|business|medical/,
    value: CODE,
    digits: 4,
  },
  {
    name: 'license-plate',
    description: 'vehicle license plates, near their word',
    words: ['license plate', 'licence plate', 'license plates', 'number plate', 'number plates', 'registration plate', 'plate number', 'plate no', 'vehicle registration', 'car registration', 'kfz kennzeichen', 'kennzeichen', "plaque d'immatriculation", 'immatriculation', 'matrícula', 'matricula', 'targa', 'placa'],
    keys: `(?:licen[cs]e ?plate|number ?plate|registration plate|plate|vehicle registration|car registration|(?:kfz )?kennzeichen|immatriculation|matr[ií]cula|targa|placa)${TAIL}`,
    unless: /tectonic|template|back/,
    value: '[A-ZÄÖÜ0-9]{1,8}(?:[- ·.](?=[A-Z0-9]{0,4}\\d)[A-Z0-9]{1,6}|[- ·.][A-Z]{1,3}(?=[- ]\\d|$)){0,3}',
    digits: 1,
    valid: (compact) => compact.length >= 4 && compact.length <= 10,
  },
  {
    name: 'medical-record-number',
    description: 'numbers of medical records, patients and health insurance, near their word',
    words: ['mrn', 'medical record', 'patient id', 'patient number', 'patient no', 'patient identifier', 'health card', 'health insurance', 'health plan', 'health insurance policy', 'health insurance member', 'insurance member id', 'insurance policy number', 'insurance id', 'member id', 'medicaid', 'hospital number', 'chart number', 'krankenversichertennummer', 'versichertennummer'],
    keys: `(?:mrn|medical record|medical ?record|patient (?:id|number|no|identifier)|health (?:card|insurance|plan|id)|health insurance (?:policy|member)|insurance (?:member|policy|group|id|number)|member id|medicaid|medicare|hospital (?:number|no)|chart (?:number|no)|versichertennummer)${TAIL}`,
    value: CODE,
    digits: 4,
  },
  {
    name: 'bank-account',
    description: 'bank account numbers other than IBANs, near their word',
    words: ['bank account', 'bank account number', 'checking account', 'savings account', 'current account', 'account number', 'account no', 'account nr', 'acct', 'acct number', 'acct no', 'kontonummer', 'konto nr', 'numéro de compte', 'numero de compte', 'número de cuenta', 'numero de cuenta', 'rekeningnummer', 'numero di conto'],
    keys: `(?:(?:bank|checking|savings|debit|credit|beneficiary) ?(?:account|acct)|(?:account|acct) ?(?:number|no|nr|num)|kontonummer|numero cuenta|rekeningnummer|clabe|bban)${TAIL}`,
    value: '\\d(?:[ -]?\\d){5,19}',
    digits: 6,
  },
  {
    name: 'bic',
    description: 'bank identifier codes (BIC, SWIFT), near their word',
    words: ['bic', 'swift', 'swift code', 'swift bic', 'bank identifier'],
    keys: `(?:bic|swift|swift bic|bic swift|bank identifier)${TAIL}`,
    value: '[A-Z]{4}[ -]?[A-Z]{2}[ -]?[A-Z0-9]{2}(?:[ -]?[A-Z0-9]{3})?',
    digits: 0,
    valid: (compact) => COUNTRIES.has(compact.slice(4, 6)) && /^[A-Z]{6}/.test(compact),
  },
  {
    name: 'vat-number',
    description: 'value added tax numbers, near their word',
    words: ['vat', 'ust id', 'ust idnr', 'ustid', 'ustidnr', 'umsatzsteuer id', 'umsatzsteuer identifikationsnummer', 'tva', 'partita iva', 'p.iva', 'p. iva', 'iva', 'btw', 'mwst', 'moms', 'gst', 'unp', 'abn'],
    keys: `(?:vat(?: ?(?:reg|registration))?|vatin|ust ?id(?: ?nr)?|umsatzsteuer ?id|tva|partita iva|p iva|btw|mwst|moms|gst|(?:company|business) tax)${TAIL}`,
    value: '(?:[A-Z]{2,3}[ -]?)?[A-Z]{0,2}\\d(?:[ .\\-/]?\\d|[A-Z]\\d){4,15}(?:[ ]?(?:MVA|MWST|TVA|IVA)|[A-Z]{0,2})',
    digits: 7,
  },
  {
    name: 'vin',
    description: 'vehicle identification numbers, near their word',
    words: ['vin', 'vehicle identification', 'chassis', 'fahrgestellnummer'],
    keys: `(?:vin|vehicle identification|chassis|fahrgestellnummer)${TAIL}`,
    value: '[A-HJ-NPR-Z0-9]{17}',
    digits: 4,
  },
  {
    name: 'id-number',
    description: 'numbers of identity cards and of taxpayers of any country, near such a word',
    words: ['national id', 'national identity', 'national identification', 'nationalid', 'identity card', 'identity document', 'id card', 'id number', 'identification number', 'tax id', 'tax identification', 'taxpayer id', 'taxpayer identification', 'tax number', 'tax no', 'personal id', 'personal identity', 'personal identification', 'cédula', 'cedula', 'cédula de identidad', 'cédula de ciudadanía', 'personalausweis', 'personalausweisnummer', 'ausweisnummer', "carte d'identité", "carta d'identità", 'dowod osobisty'],
    keys: `(?:national ?id(?:entity|entification)?|nationalid|identity ?(?:card|document|number)|id card|id (?:number|no)|identification (?:number|no)|tax ?(?:id|no|number|identification|payer id)|taxpayer(?: id(?:entification)?)?|personal (?:id|identity|identification|number)|c[eé]dula|personalausweis(?:nummer)?|ausweisnummer|government id|citizen id|resident id|ssn|nin|curp|cpf|cnpj|dni|nie|nif|nino|nir|pesel|bsn|aadhaar|sin|tfn|rrn)${TAIL}`,
    value: SPACED,
    digits: 5,
  },
  {
    name: 'postal-code',
    description: 'postal codes, near their word',
    words: ['zip', 'zip code', 'zipcode', 'postal code', 'post code', 'postcode', 'plz', 'postleitzahl', 'code postal', 'código postal', 'codigo postal', 'cep', 'postnummer'],
    keys: `(?:zip(?: ?code)?|post(?:al)? ?code|plz|postleitzahl|code postal|c[oó]digo postal|cep|postnummer)`,
    value: '\\d{3,6}(?:[- ]\\d{3,4})?(?: [A-Z]{2}(?![A-Z]))?|\\d{2}[-.]\\d{3}(?:-\\d{3})?|[A-Z]{1,2}\\d[A-Z\\d]? ?\\d[A-Z]{2}|[A-Z]\\d[A-Z][ -]?\\d[A-Z]\\d|[A-Z]{2}-\\d{4,5}',
    digits: 2,
  },
  {
    name: 'person-name',
    description: "persons' names, where a JSON key says so; in prose they need the external analyzer",
    words: [],
    keys: `(?:(?:first|last|middle|given|family|full|maiden|birth|legal|customer|patient|employee|contact|holder|cardholder|card ?holder|account holder|beneficiary|person|client|member|father s|mother s|spouse|guest|passenger|recipient|sender|author) ?name|firstname|lastname|fullname|surname|forename|nachname|vorname|apellidos?|nombre completo|pr[eé]nom|nom de famille|cognome)`,
    unless: /\b(?:file|table|column|field|class|model|project|company|product|host|domain|event|group|branch)\b/,
    value: "[\\p{L}][\\p{L}\\p{M}'’ .,-]{1,79}",
    digits: 0,
  },
  {
    name: 'street-address',
    description: 'street addresses, where a JSON key says so; in prose they need the external analyzer',
    words: [],
    keys: `(?:(?:street|home|mailing|postal|billing|shipping|residential|delivery|customer|full|work|office|permanent|current)? ?address(?: line)?|street|street (?:name|line)|addr|anschrift|adresse|direcci[oó]n|indirizzo|endere[cç]o|strasse|straße)`,
    unless: /\b(?:ip|ipv4|ipv6|mac|e ?mail|mail|wallet|memory|hardware|remote|server|host|listen|bind|contract|token|btc|eth|crypto|bitcoin|ethereum|web|url|network|base|public|private)\b/,
    value: "(?=[^\\d]{0,120}\\d)(?=[^\\p{L}]{0,40}\\p{L})[^\\n{}\\[\\]]{0,60}[ \\n,][^{}\\[\\]]{1,120}",
    digits: 1,
  },
];

/** ISO 3166-1 alpha-2, and XK. */
const COUNTRIES: ReadonlySet<string> = new Set(
  (
    'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ ' +
    'DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP ' +
    'KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM ' +
    'PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ ' +
    'UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW'
  ).split(' '),
);
