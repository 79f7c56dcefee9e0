import { join } from 'node:path';
import { originOf } from './checkpoint.ts';
import { localDisk } from './disk.ts';
import { FileJournal } from './file-journal.ts';
import type { Journal, JournalOptions } from './journal.ts';
import { openAuditKeys } from './key-files.ts';
import { lockFolder } from './lock.ts';
import { recoverLog } from './recover.ts';
import { checkWriterName, hasLog, readVerifiers, writerName } from './writer-name.ts';

/** Opens a data folder's journal for writing. Throws `conflict` where another process holds it, `record_failed` where it is damaged. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { folder, disk = localDisk, now = () => new Date() } = options;
  await disk.makeFolder(folder);
  const lock = lockFolder(folder, now);
  try {
    const keys = await openAuditKeys(options.keysFolder, (await hasLog(folder)) ? 'must-exist' : 'create', options.wrapping);
    const writer = options.writer === undefined ? await writerName(folder) : checkWriterName(options.writer);
    const logFolder = join(folder, writer);
    await disk.makeFolder(logFolder);
    await disk.syncFolder(folder);
    const origin = originOf(keys.checkpoint.name, writer);
    const recovered = await recoverLog(logFolder, origin, await readVerifiers(options.keysFolder), disk);
    return new FileJournal({ ...options, disk, now, keys, writer, logFolder, origin, lock, recovered });
  } catch (error) {
    lock.release();
    throw error;
  }
}
