import type { ReactNode } from 'react';
import css from './table.module.css';

/** Title of each column, and how much of the width it takes where the screen is wide; a title alone takes what is left. */
export type Columns = readonly (string | Column)[];

interface Column {
  readonly title: string;
  /** Of CSS. */
  readonly width?: string;
  readonly align?: 'end';
}

interface TableProps {
  readonly label: string;
  readonly columns: Columns;
  readonly children: ReactNode;
}

/** Rows under headings; where the screen is narrow each row stands alone, with the headings beside its cells. */
export function Table({ label, columns, children }: TableProps): ReactNode {
  return (
    <table className={css.table} aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={titleOf(column)} scope="col" className={classOf(column)} style={{ width: typeof column === 'string' ? undefined : column.width }}>
              {titleOf(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

/** One cell for each column, in their order. */
export function TableRow({ columns, cells }: { readonly columns: Columns; readonly cells: readonly ReactNode[] }): ReactNode {
  return (
    <tr>
      {columns.map((column, at) => (
        <td key={titleOf(column)} data-label={titleOf(column) || undefined} className={classOf(column)}>
          {isNothing(cells[at]) ? null : <div>{cells[at]}</div>}
        </td>
      ))}
    </tr>
  );
}

const titleOf = (column: Columns[number]): string => (typeof column === 'string' ? column : column.title);
const classOf = (column: Columns[number]): string | undefined => (typeof column === 'string' || column.align === undefined ? undefined : css[column.align]);
/** An empty cell is left out where rows stand alone. */
const isNothing = (content: ReactNode): boolean => content === null || content === undefined || content === '';

/** Several short texts, one a line. */
export function Lines({ children }: { readonly children: readonly ReactNode[] }): ReactNode {
  return (
    <ul className={css.lines}>
      {children.map((child, index) => (
        <li key={index}>{child}</li>
      ))}
    </ul>
  );
}
