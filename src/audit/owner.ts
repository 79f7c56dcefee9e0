/** The writer of an owner in the table `owners`, which is `<host>:<writer>`. */
export const writerOf = (owner: string): string => owner.slice(owner.lastIndexOf(':') + 1);
