import type { ReactNode } from 'react';
import { maskSubjects, type RuleView, type TargetPolicyView } from '../../api/policy.ts';
import { Empty } from '../../components/empty.tsx';
import { Line } from '../../components/escaped.tsx';
import { Section } from '../../components/page.tsx';
import { Lines, Table, TableRow } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import css from './policy-page.module.css';

type PolicyRule = RuleView & { readonly policy: string };

/** Every rule and mask about one target, as it is written. */
export function TargetPolicy({ target: { target, labels, owners, policies } }: { readonly target: TargetPolicyView }): ReactNode {
  const rules = policies.flatMap(({ name, rules: its }) => its.map((rule): PolicyRule => ({ ...rule, policy: name })));
  const about = [...Object.entries(labels).map(([name, value]) => `${name}: ${value}`), `owned by ${owners.join(', ')}`].join(', ');
  return (
    <Section title={<Line text={target} />} note={<Line text={about} />}>
      {rules.length === 0 && <Empty title="No rule is about this target">So every command on it is denied.</Empty>}
      {rules.length > 0 && <RuleTable rules={rules} label={`Rules of ${target}`} />}
      <Masks policies={policies} />
      {policies.map(({ name, breakGlass }) =>
        breakGlass ? (
          <p key={name}>
            <Tag tone="bad">break-glass</Tag> by <Line text={breakGlass.by.join(', ')} />, at most {breakGlass.longest}, reviewed by{' '}
            <Line text={breakGlass.review.join(', ')} />
          </p>
        ) : null,
      )}
    </Section>
  );
}

const COLUMNS = [{ title: 'Rule', width: '25%' }, { title: 'Who', width: '18%' }, { title: 'What', width: '30%' }, 'When and how'] as const;

function RuleTable({ rules, label }: { readonly rules: readonly PolicyRule[]; readonly label: string }): ReactNode {
  return (
    <Table label={label} columns={COLUMNS}>
      {rules.map((rule) => (
        <RuleRow key={`${rule.policy}/${rule.name}`} rule={rule} />
      ))}
    </Table>
  );
}

function RuleRow({ rule }: { readonly rule: PolicyRule }): ReactNode {
  const who = <Lines>{rule.subjects.map((one) => (one === '*' ? 'everybody' : <Line key={one} text={one} />))}</Lines>;
  const conditions = conditionsOf(rule);
  const how = conditions.length === 0 ? '' : <Lines>{conditions}</Lines>;
  return <TableRow columns={COLUMNS} cells={[<Name key="name" rule={rule} />, who, <Effects key="effects" rule={rule} />, how]} />;
}

function Name({ rule: { name, policy, message } }: { readonly rule: PolicyRule }): ReactNode {
  return (
    <>
      <strong>
        <Line text={name} />
      </strong>
      <p className={css.soft}>
        policy <Line text={policy} />
      </p>
      {message !== undefined && (
        <p className={css.soft}>
          says “<Line text={message} />”
        </p>
      )}
    </>
  );
}

const EFFECTS = [
  ['deny', 'bad'],
  ['review', 'warn'],
  ['allow', 'ok'],
] as const;

function Effects({ rule }: { readonly rule: RuleView }): ReactNode {
  return EFFECTS.map(([effect, tone]) =>
    rule[effect].length === 0 ? null : (
      <div key={effect} className={css.effect}>
        <Tag tone={tone}>{effect}</Tag>
        <Lines>
          {rule[effect].map((pattern) => (
            <code key={pattern}>
              <Line text={pattern} />
            </code>
          ))}
        </Lines>
      </div>
    ),
  );
}

/** None where the rule always holds and binds nobody further. */
function conditionsOf({ when, approval, review, limits }: RuleView): readonly ReactNode[] {
  const parts: ReactNode[] = [];
  if (when !== undefined) {
    parts.push(
      <>
        when{' '}
        <code>
          <Line text={when} />
        </code>
      </>,
    );
  }
  if (review.length > 0) {
    const { from, quorum = 1, pending = '30m', usable = '15m', reason = 'optional' } = approval ?? {};
    const who = `${quorum} of ${from?.join(', ') ?? 'the owners'}`;
    parts.push(
      <>
        approved by <Line text={who} />; answered within {pending}, used within {usable}, reason {reason}
      </>,
    );
  }
  if (limits !== undefined) parts.push(<Line text={`limits ${JSON.stringify(limits)}`} />);
  return parts;
}

function Masks({ policies }: Pick<TargetPolicyView, 'policies'>): ReactNode {
  const masks = policies.flatMap((policy) => policy.masks);
  if (masks.length === 0) return <p className={css.soft}>Nothing is masked.</p>;
  return (
    <div className={css.masks}>
      <strong>Masked</strong>
      <Lines>
        {masks.map((mask, index) => (
          <span key={index}>
            <code>
              <Line text={maskSubjects(mask).join(', ')} />
            </code>{' '}
            <span className={css.soft}>
              {mask.with}
              {mask.reveal && (
                <>
                  , shown to <Line text={mask.reveal.join(', ')} />
                </>
              )}
            </span>
          </span>
        ))}
      </Lines>
    </div>
  );
}
