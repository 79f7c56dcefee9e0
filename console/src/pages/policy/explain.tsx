import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { ApiError } from '../../api/error.ts';
import { explainCommand, type ExplainedDecision, type TargetPolicyView } from '../../api/policy.ts';
import { useApi } from '../../app/api-context.ts';
import { Problem } from '../../components/problem.tsx';
import { Section } from '../../components/page.tsx';
import { submitOnce } from '../../components/submit-once.ts';
import { ExplainedAnswer } from './explained-answer.tsx';
import css from './policy-page.module.css';

interface Question {
  readonly subject: string;
  readonly groups: string;
  readonly target: string;
  readonly command: string;
  readonly args: string;
}

/** How a command would be decided: the gate's own answer, with nothing asked of the target. */
export function Explain({ targets }: { readonly targets: readonly TargetPolicyView[] }): ReactNode {
  const [question, setQuestion] = useState<Question>({ subject: '', groups: '', target: targets[0]?.target ?? '', command: '', args: '{}' });
  const asked = useExplain();
  const field = (name: keyof Question) => ({
    value: question[name],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => setQuestion({ ...question, [name]: event.currentTarget.value }),
  });
  const plain = { spellCheck: false, autoComplete: 'off' } as const;
  return (
    <Section title="Explain" note="how would a command be decided?">
      <form className={css.explain} onSubmit={submitOnce(asked, () => asked.mutate(question))} aria-label="Explain">
        <div className={css.fields}>
          <TextInput label="Subject" placeholder="person:scientist or workload:ci" required maxLength={340} {...plain} {...field('subject')} />
          <TextInput label="Groups" placeholder="data-science, ml-leads" {...plain} {...field('groups')} />
          <NativeSelect label="Target" data={targets.map(({ target }) => target)} {...field('target')} />
          <TextInput label="Command" placeholder="tools/call run_model or read:public.users" required maxLength={2048} {...plain} {...field('command')} />
        </div>
        <Textarea label="Arguments, as JSON" rows={2} classNames={{ input: css.json }} {...plain} {...field('args')} />
        <div>
          <Button type="submit" loading={asked.isPending}>
            Explain
          </Button>
          <div aria-live="polite" className={css.said}>
            {asked.error && <Problem error={asked.error} />}
            {asked.data && <ExplainedAnswer decision={asked.data} />}
          </div>
        </div>
      </form>
    </Section>
  );
}

function useExplain() {
  const api = useApi();
  return useMutation({ mutationFn: async (question: Question): Promise<ExplainedDecision> => explainCommand(api, askOf(question)) });
}

function askOf({ subject, groups, target, command, args }: Question) {
  return { subject: subject.trim(), groups: splitGroups(groups), target, command: command.trim(), args: readArguments(args) };
}

const splitGroups = (text: string): readonly string[] =>
  text
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '');

function readArguments(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 'usage', 'the arguments are not JSON', 'write them as {"rows": 10}');
  }
}
