/**
 * Text that speaks to a model instead of describing a tool. A list of ways to say it, not a proof of anything: what it
 * finds is shown to a person and quarantined until then, what it does not find is pinned all the same.
 */
export function instructionIn(text: string): string | undefined {
  if (text.length > MAX_TEXT) return `a text of ${text.length} characters, which is too long to be looked at`;
  const plain = plainText(text);
  return matchIn(plain) ?? matchIn(plain.replace(/[аеорсухіѕјԁԛԝοανρ]/g, (letter) => LOOK_ALIKES[letter] ?? letter));
}

function matchIn(plain: string): string | undefined {
  for (const pattern of PATTERNS) {
    const match = pattern.exec(plain);
    if (match) return match[0].slice(0, 120);
  }
  return undefined;
}

/** Nothing of ours may take long over foreign input. */
const MAX_TEXT = 64 << 10;

/** One spelling: hidden characters out, full-width letters back, white space as one space. */
function plainText(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Mn}\p{Cc}\u{e0000}-\u{e0fff}]/gu, (character) => (/\s/.test(character) ? ' ' : ''))
    .toLowerCase()
    .replace(/[’‘`´]/g, "'")
    .replace(/[\s_*]+/g, ' ');
}

/** Letters of other alphabets that are taken for Latin ones. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  а: 'a',
  е: 'e',
  о: 'o',
  р: 'p',
  с: 'c',
  у: 'y',
  х: 'x',
  і: 'i',
  ѕ: 's',
  ј: 'j',
  ԁ: 'd',
  ԛ: 'q',
  ԝ: 'w',
  ο: 'o',
  α: 'a',
  ν: 'v',
  ρ: 'p',
};

const RULES = '(?:instructions?|rules?|prompts?|guidelines?|directives?|polic(?:y|ies)|commands?|safeguards?|restrictions?)';
const PERSON = '(?:the |any |your )?(?:users?|humans?|operators?|persons?|people|anyone|anybody|owner|developer)';
const SECRET =
  '(?:secrets?|credentials?|passwords?|passphrases?|(?:access |auth |api |bearer )?tokens?|(?:api|private|ssh|secret) keys?|env(?:ironment)?(?: variables?)?|cookies|conversation(?: history)?|chat history|system prompt)';
const PRIVATE_FILE =
  '(?:~/\\.\\w|/\\.ssh|\\.ssh/|id (?:rsa|ed25519|ecdsa)|/etc/(?:passwd|shadow)|\\.env\\b|\\.aws/|\\.netrc|\\.npmrc|\\.kube/|\\.gnupg|mcp\\.json|/proc/self)';
const TAKE = '(?:read|open|cat|load|include|pass|attach|copy|fetch|get|give|provide|print|show|paste|put|return|dump|list)';
const SEND = '(?:send|post|upload|forward|transmit|leak|e-?mail|submit|deliver|exfiltrate|relay|append|report|share|reveal|disclose|steal)';

const PATTERNS: readonly RegExp[] = [
  // Setting other words aside.
  `\\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|es|ing)|bypass|supersedes?) (?:\\w+ ){0,5}${RULES}\\b`,
  `\\b(?:new|updated|hidden|secret|special|real|actual) (?:system )?instructions?\\b ?(?::|are|for|follow)`,
  `\\b(?:ignoriere|vergiss|missachte) (?:\\S+ ){0,4}(?:anweisung|regel|vorgabe)`,
  `\\bignor(?:a|e|ez|ar|er) (?:\\S+ ){0,4}(?:instruc|consign|r[eè]gl|istruzion)`,
  `(?:忽略|无视|忘记).{0,12}(?:指令|指示|说明|规则|提示)|(?:指示|命令).{0,8}無視|(?:игнорируй|забудь).{0,30}(?:инструкц|правил)`,
  // Keeping it from people.
  `\\b(?:do not|don't|never|without|must not|should not|no need to|avoid) (?:\\w+ ){0,3}?(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|notify(?:ing)?|alert(?:ing)?|warn(?:ing)?|show(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)) (?:\\w+ ){0,3}?${PERSON}\\b`,
  `\\bwithout (?:asking|the consent of|confirmation (?:from|by)) ${PERSON}\\b`,
  `\\b(?:do not|don't|never|must not) (?:mention|disclose|reveal|explain|talk about) (?:this|these|that|it|the above)\\b`,
  `\\b(?:without|behind|hide|hidden|conceal|secret)\\b (?:\\w+ ){0,5}(?:from )?(?:the )?user(?:'s)?\\b(?: (?:knowledge|consent|knowing|noticing|approval|back|permission))?`,
  `\\b(?:silently|secretly|covertly|discreetly|quietly) (?:\\w+ ){0,2}(?:${SEND}|${TAKE}|call|run|execute|invoke|use|add|write|change|delete)`,
  // Marks that models take for a voice of authority.
  `< ?/?(?:important|system|instructions?|secret|hidden|assistant|admin|critical|sudo|override|im start|\\|im start\\|)\\b[^>]{0,80}>`,
  `\\[/?(?:inst|system|important|hidden)\\]|<\\|[a-z ]{2,20}\\|>|(?:^|[.\\n] ?)#{2,} ?(?:system|instruction|assistant)`,
  `(?:^|[^a-z])(?:assistant|ai|llm|claude|chatgpt|gpt|copilot) ?: ?\\S`,
  `(?:^|[^a-z])(?:system|model|agent) ?: ?(?:you|ignore|new|override|the (?:assistant|user)|do|don't|always|never|must|from now)\\b`,
  `\\b(?:note|attention|message|instructions?|hint|reminder) (?:to|for) (?:the )?(?:ai|assistant|model|llm|agent|claude|chatgpt)\\b`,
  `\\b(?:you are now|from now on,? you|as an ai|pretend (?:to be|that you)|act as (?:if|though|the system)|jailbreak|developer mode)\\b`,
  // Where data goes.
  `\\bexfiltrat`,
  `\\b${SEND} (?:\\S+ ){0,12}?(?:to )?(?:(?:https?|wss?|ftp)://\\w|mailto:|\\S+@\\S+\\.\\w)`,
  `\\b${SEND} (?:(?:all|the|any|your|its|their|this|these|user's|user|our|every|full|entire|complete|local|stored|found|me|us|of|and|contents?) ){0,5}${SECRET}(?! (?:reset|change|recovery|policy|expiry|link|prompt|form|e-?mail|notification))\\b`,
  `\\b(?:${TAKE}|${SEND}) (?:\\S+ ){0,10}?\\S{0,40}${PRIVATE_FILE}`,
  `\\b${TAKE} (?:the )?(?:(?:all|your|user's|contents? of|entire|full|environment) ?(?:the )?){1,5}(?:${SECRET}) (?:\\S+ ){0,6}?(?:as|in|into|to|with|and)\\b`,
  // What to do around other calls.
  `\\b(?:before|after|prior to|when(?:ever)?|each time|every time)(?: you)?,? (?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|run(?:ning)?|execut(?:e|ing)) (?:\\w+ ){0,3}tools?\\b.{0,80}\\b(?:you )?(?:must|need to|have to|always|first|should|read|send)\\b`,
  `\\b(?:you|assistant|model|agent|ai) (?:must|shall|have to|are required to) (?:\\w+ ){0,3}(?:always|first|also|never|instead)\\b`,
  `\\b(?:always|only|first) (?:use|call|invoke|run|prefer) this tool (?:instead|before|first|for (?:all|every|any)|rather)`,
  `\\b(?:do not|don't|never|stop) (?:use|using|call|calling|trust|trusting) (?:the |any )?other (?:\\w+ )?(?:tools?|servers?)`,
].map((source) => new RegExp(source, 'u'));
