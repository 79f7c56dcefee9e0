import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { answerTool, type ToolAnswer, type ToolView } from '../../api/tools.ts';
import { useApi } from '../../app/api-context.ts';
import { Line } from '../../components/escaped.tsx';
import { FormDialog } from '../../components/form-dialog.tsx';
import { ToolChanges } from './tool-changes.tsx';
import css from './tools-page.module.css';

const WORDS = {
  accept: ['Accept this definition?', 'Accept', 'It is pinned as it is shown: from now on callers see the tool and call it as the rules allow.'],
  reject: ['Refuse this definition?', 'Refuse', 'The tool stays hidden and every call of it is denied. Nobody is asked about this definition again.'],
} as const;

interface AnswerToolDialogProps {
  readonly target: string;
  readonly tool: ToolView;
  readonly answer: ToolAnswer;
  readonly close: () => void;
}

export function AnswerToolDialog({ target, tool, answer, close }: AnswerToolDialogProps): ReactNode {
  const api = useApi();
  const queries = useQueryClient();
  const [title, action, consequence] = WORDS[answer];
  const sending = useMutation({
    mutationFn: () => answerTool(api, target, tool, answer),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['tools', target] });
      close();
    },
    // Another definition may have come in between: the list shows it.
    onError: () => queries.invalidateQueries({ queryKey: ['tools', target] }),
  });
  return (
    <FormDialog
      title={title}
      action={action}
      color={answer === 'reject' ? 'red' : undefined}
      size="lg"
      sending={sending}
      send={() => sending.mutate()}
      close={close}
    >
      <p>
        <strong>
          <Line text={tool.name} />
        </strong>{' '}
        on <Line text={target} />. {consequence}
      </p>
      <ToolChanges tool={tool} />
      <p className={css.hash}>
        SHA-256 <code>{tool.hash}</code>
      </p>
    </FormDialog>
  );
}
