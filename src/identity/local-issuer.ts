/** The issuer of subjects that the gateway itself keeps. No configured issuer can have this name: those are URLs. */
export const LOCAL_ISSUER = 'local';
