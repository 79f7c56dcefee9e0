import { Button, Modal, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './form.module.css';
import { Problem } from './problem.tsx';
import { submitOnce } from './submit-once.ts';

interface FormDialogProps {
  readonly title: string;
  /** What the button says. */
  readonly action: string;
  readonly color?: ButtonProps['color'];
  readonly size?: string;
  readonly sending: { readonly isPending: boolean; readonly error: unknown };
  readonly send: () => void;
  readonly close: () => void;
  readonly children: ReactNode;
}

/** A form that is sent once: by its button or by Enter. An error stays in view, with what was typed. */
export function FormDialog({ title, action, color, size = 'md', sending, send, close, children }: FormDialogProps): ReactNode {
  return (
    <Modal opened onClose={close} title={title} size={size} closeButtonProps={{ 'aria-label': 'Close' }} transitionProps={{ duration: 0 }}>
      <form onSubmit={submitOnce(sending, send)} className={css.form}>
        {children}
        {sending.error !== null && <Problem error={sending.error} />}
        <div className={css.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" color={color} loading={sending.isPending}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** Fields beside each other, where there is room. */
export function FieldRow({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className={css.row}>{children}</div>;
}
