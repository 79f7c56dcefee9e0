/** Every page that one can go to, in the order of the navigation: menu, shortcuts and their help are made of it. */
export const PAGES = [
  { to: '/approvals', label: 'Approvals', icon: 'approvals', key: 'a', for: 'everybody' },
  { to: '/windows', label: 'Windows', icon: 'windows', key: 'w', for: 'everybody' },
  { to: '/sessions', label: 'Sessions', icon: 'sessions', key: 's', for: 'everybody' },
  { to: '/audit', label: 'Audit', icon: 'audit', key: 'u', for: 'everybody' },
  { to: '/targets', label: 'Targets', icon: 'connect', key: 't', for: 'everybody' },
  { to: '/access', label: 'Access reviews', icon: 'access', key: 'r', for: 'everybody' },
  { to: '/tools', label: 'Tools', icon: 'tools', key: 'o', for: 'owners' },
  { to: '/policy', label: 'Policy', icon: 'policy', key: 'p', for: 'owners' },
  { to: '/locks', label: 'Locks', icon: 'locks', key: 'l', for: 'owners' },
] as const;

export type PageEntry = (typeof PAGES)[number];

/** The address shows any page to anybody; the menu only those that hold something for this subject. */
export function pagesFor({ owns }: { readonly owns: readonly string[] }): readonly PageEntry[] {
  return PAGES.filter((page) => page.for === 'everybody' || owns.length > 0);
}
