/** The pages beside the console that send people here to sign in. Nothing else is gone on to, whoever wrote the address. */
const PAGES = /^\/oauth\/(?:interaction\/[A-Za-z0-9_-]{1,64}|device)$/;

export function pageOfGateway(to: string | undefined): string | undefined {
  return to !== undefined && PAGES.test(to) ? to : undefined;
}
