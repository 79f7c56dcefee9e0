/** Real file systems that become full, break or are read-only. They are mounted, so these tests need root (as the container of the tests has it). */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

function system(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  throw new Error(`${program} ${args.join(' ')}: ${stderr}\nthese tests mount file systems of their own: run them as root`);
}

export interface SmallDisk {
  readonly path: string;
  /** Takes the rest of the room. */
  fill(): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  readOnly(): void;
}

/** A file system in memory of that many megabytes. */
export async function smallDisk(t: Pick<TestContext, 'after'>, megabytes: number): Promise<SmallDisk> {
  const path = await mkdtemp(join(tmpdir(), 'sallyport-disk-'));
  system('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path);
  t.after(async () => {
    system('umount', '-l', path);
    await rm(path, { recursive: true });
  });
  const filler = join(path, 'filler');
  return {
    path,
    // Ends when there is no room for another byte.
    fill: () => writeFile(filler, Buffer.alloc(megabytes << 20)).catch(() => {}),
    free: () => unlink(filler),
    readOnly: () => void system('mount', '-o', 'remount,ro', path),
  };
}

export interface FailingDisk {
  readonly path: string;
  /** From now on the device answers writes of new blocks with an I/O error. */
  break(): void;
  mend(): void;
}

const WHOLE = '64M';
const REST = '12M';

/** ext4 on a loop device that becomes smaller than the file system thinks: what is written behind its end is an I/O error. */
export async function failingDisk(t: Pick<TestContext, 'after'>): Promise<FailingDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-disk-'));
  const image = join(folder, 'image');
  const path = join(folder, 'mounted');
  await mkdir(path);
  system('truncate', '-s', WHOLE, image);
  system('mkfs.ext4', '-q', '-F', '-b', '4096', '-O', '^has_journal', image);
  const device = system('losetup', '--find', '--show', image);
  system('mount', '-o', 'errors=continue', device, path);
  t.after(async () => {
    system('umount', '-l', path);
    system('losetup', '-d', device);
    await rm(folder, { recursive: true });
  });
  const resize = (size: string): void => {
    system('truncate', '-s', size, image);
    system('losetup', '-c', device);
  };
  return { path, break: () => resize(REST), mend: () => resize(WHOLE) };
}
