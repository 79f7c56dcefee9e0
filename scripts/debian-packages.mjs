// What tests need beyond npm: Debian packages, installed where this is Debian and we are root, else named with the way to get them.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';

/**
 * `present` are globs of which one must exist; a test file whose source matches `usedBy` cannot run without the package.
 * Add a row for what a new test needs.
 */
const PACKAGES = [
  { name: 'chromium', present: ['/usr/bin/chromium'], usedBy: /playwright-core|support\/browser\.ts/, usedFor: 'browser tests' },
  { name: 'postgresql', present: ['/usr/lib/postgresql/*/bin/initdb'], usedBy: /support\/postgres\.ts/, usedFor: 'database tests' },
  { name: 'pgbouncer', present: ['/usr/sbin/pgbouncer'], usedBy: /cpu_ratio_relaxed/, usedFor: 'the benchmark of PostgreSQL' },
  { name: 'prometheus', present: ['/usr/bin/promtool'], usedBy: /promtool/, usedFor: 'checks of metrics' },
  { name: 'rsyslog', present: ['/usr/sbin/rsyslogd'], usedBy: /support\/rsyslog\.ts/, usedFor: 'syslog tests' },
  {
    name: 'rsyslog-gnutls',
    present: ['/usr/lib/*/rsyslog/lmnsd_gtls.so', '/usr/lib/rsyslog/lmnsd_gtls.so'],
    usedBy: /support\/rsyslog\.ts/,
    usedFor: 'syslog tests',
  },
  { name: 'gnome-keyring', present: ['/usr/bin/gnome-keyring-daemon'], usedBy: /gnome-keyring-daemon/, usedFor: 'keyring tests' },
  { name: 'dbus-daemon', present: ['/usr/bin/dbus-run-session'], usedBy: /gnome-keyring-daemon/, usedFor: 'keyring tests' },
  { name: 'openssl', present: ['/usr/bin/openssl'], usedBy: /support\/(?:rsyslog|certificates)\.ts/, usedFor: 'tests with TLS' },
];

/** Installs what is missing and can be installed; returns the rows that still are missing. */
export function ensurePackages(isNeeded) {
  const wanted = missing().filter(isNeeded);
  if (wanted.length === 0) return [];
  if (existsSync('/etc/debian_version') && process.getuid() === 0) install(wanted.map(({ name }) => name));
  const still = missing().filter(isNeeded);
  for (const { name, usedFor } of still) console.log(`not installed: ${name}, needed for ${usedFor}: apt-get install --no-install-recommends ${name}`);
  return still;
}

function missing() {
  return PACKAGES.filter(({ present }) => present.every((pattern) => globSync(pattern).length === 0));
}

function install(names) {
  console.log(`installing Debian packages: ${names.join(' ')} ...`);
  const started = Date.now();
  const worked = apt(['update', '-q=2']) && apt(['install', '-q=2', '--yes', '--no-install-recommends', ...names]);
  console.log(`installing Debian packages: ${worked ? `done in ${((Date.now() - started) / 1000).toFixed(1)} s` : 'failed'}`);
}

function apt(args) {
  const run = spawnSync('apt-get', args, { encoding: 'utf8', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  if (run.status !== 0) console.error(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error?.message ?? ''}`.trimEnd());
  return run.status === 0;
}
