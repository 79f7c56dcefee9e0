/** Every attack on approvals that we know, and the test that shows it fails. A row whose proof was renamed or removed fails here. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const EXECUTION = 'src/approval/attacks-execution.integration.test.ts';
const ANSWERS = 'src/approval/attacks-answers.integration.test.ts';
const WINDOWS = 'src/approval/attacks-windows.integration.test.ts';
const GATEWAYS = 'test/attacks/approvals.integration.test.ts';
const PROCESSES = 'test/e2e/two-processes.test.ts';
const FLOWS = 'test/attacks/approval-cases.integration.test.ts';
const SLACK = 'src/api/hooks/slack.integration.test.ts';
const LINKS = 'src/api/links/links.integration.test.ts';
const RUNS = 'src/approval/conformance-execution.ts';
const REQUESTS = 'src/approval/conformance-requests.ts';
const FAILURES = 'src/approval/conformance-failures.ts';
const BINDING = 'src/protocols/mcp/relay-binding.integration.test.ts';
const KEY = 'src/approval/approval-key.test.ts';

/** Kind of attack, the file that proves it, and words of its test (or of its row in that test's table) that stand there. */
const ATTACKS: readonly (readonly [kind: string, file: string, proof: string])[] = [
  ['approve A, run B: arguments', EXECUTION, 'an argument more'],
  ['approve A, run B: arguments', EXECUTION, 'an argument of another type'],
  ['approve A, run B: arguments', EXECUTION, 'an argument that looks the same (full-width digit)'],
  ['approve A, run B: arguments', EXECUTION, 'an argument with a hidden character'],
  ['approve A, run B: arguments', EXECUTION, 'an argument moved into another'],
  ['approve A, run B: arguments', EXECUTION, 'no arguments'],
  ['approve A, run B: arguments', GATEWAYS, 'changed arguments and another tool are asked anew'],
  ['approve A, run B: answers', BINDING, 'each leg of a call that asks on the way is agreed to by itself'],
  ['approve A, run B: answers', BINDING, 'a yes to one answer is none to another, to another state'],
  ['approve A, run B: answers', BINDING, 'more input for a task takes approval where its call did'],
  ['approve A, run B: answers', BINDING, 'an approved call is not asked more on the way'],
  ['approve A, run B: envelope', BINDING, 'what travels beside the arguments and nobody saw stays behind'],
  ['approve A, run B: envelope', BINDING, 'a header that no schema declares is part of what is approved'],
  ['approve A, run B: target', EXECUTION, 'another target of the same address'],
  ['approve A, run B: target', EXECUTION, 'the same target, connection repointed'],
  ['approve A, run B: target', EXECUTION, 'another path at the same host'],
  ['approve A, run B: target', EXECUTION, 'another program'],
  ['approve A, run B: target', EXECUTION, 'another credential'],
  ['approve A, run B: target', KEY, 'text that would look alike when joined does not collide'],
  ['approve A, run B: tool definition', EXECUTION, 'another definition of the tool'],
  ['approve A, run B: tool definition', EXECUTION, 'no definition of the tool'],
  ['approve A, run B: policy', EXECUTION, "'another policy'"],
  ['approve A, run B: policy', GATEWAYS, 'a policy that changed between approval and execution refuses'],
  ['approve A, run B: policy', 'src/core/pipeline.test.ts', 'is decided again after the wait'],
  ['approve A, run B: session', EXECUTION, 'another OAuth client'],
  ['approve A, run B: session', EXECUTION, "'another person'"],
  ['approve A, run B: session', EXECUTION, 'the same name of another issuer'],
  ['approve A, run B: session', EXECUTION, 'a workload of the same name'],
  ['approve A, run B: session', EXECUTION, 'the own agent'],
  ['approve A, run B: session', EXECUTION, "a grant of an agent's call is not its person's"],
  ['replay', EXECUTION, 'a grant that was used runs nothing again'],
  ['replay', EXECUTION, 'once the result is no longer told, the same call is asked anew'],
  ['replay', GATEWAYS, 'hears its recorded result through either gateway'],
  ['replay', RUNS, 'a retry gets the kept result'],
  ['race', RUNS, 'of 20 executions of one grant at once, from two processes, exactly one may run'],
  ['race', EXECUTION, 'two executions race for one grant while a third withdraws it'],
  ['race', EXECUTION, 'an answer and an execution race'],
  ['race', EXECUTION, 'a denial after the last yes comes too late'],
  ['race', GATEWAYS, 'two gateways race'],
  ['race', REQUESTS, 'of 50 identical requests at once'],
  ['race', LINKS, 'of ten who send the same link at once, one is taken'],
  ['self-approval', ANSWERS, "'the requester'"],
  ['self-approval: second account', ANSWERS, "the requester's account at another issuer"],
  ['self-approval: second account', ANSWERS, "the requester's name in other letters"],
  ['self-approval: second account', ANSWERS, "the requester's name in full-width letters"],
  ['self-approval: own agent', ANSWERS, "the requester's agent"],
  ['self-approval: own agent', ANSWERS, 'by way of an agent: the person behind the agent'],
  ['self-approval: agent', ANSWERS, "a lead's agent"],
  ['self-approval: workload', ANSWERS, "'a workload'"],
  ['self-approval: agent', ANSWERS, 'an AI agent without a person'],
  ['self-approval: admin', ANSWERS, 'an administrator who is in no group that is asked'],
  ['self-approval: admin', GATEWAYS, 'a workload in the approving group, an owner and a colleague answer nothing'],
  ['self-approval', GATEWAYS, 'self-approval by an account in the approving group'],
  ['self-approval', SLACK, "['the requester', 'USCIENTIST']"],
  ['look-alike group', ANSWERS, 'somebody whose group only looks the same'],
  ['look-alike group', ANSWERS, 'somebody named like a group'],
  ['quorum', ANSWERS, 'one person in two groups is one of the two'],
  ['quorum', ANSWERS, 'one yes for each of two rules'],
  ['quorum', GATEWAYS, 'one lead is not two'],
  ['removed between', EXECUTION, 'the approver was removed'],
  ['removed between', EXECUTION, 'the approver left the group'],
  ['removed between', EXECUTION, 'the approver became an AI agent'],
  ['removed between', EXECUTION, "the approver became the requester's other account"],
  ['removed between', EXECUTION, 'the requester was removed'],
  ['removed between', EXECUTION, "the requesting agent's person was removed"],
  ['removed between', EXECUTION, 'one of two approvers was removed'],
  ['removed between', LINKS, 'whoever left the group has no link any more'],
  ['removed between', ANSWERS, "an approver's groups are those of now"],
  ['locked between', EXECUTION, 'the target or the session was locked'],
  ['locked between', ANSWERS, 'an approver who is locked or gone at the moment of the answer'],
  ['locked between', GATEWAYS, 'an approver who is locked after the yes takes the yes along'],
  ['locked between', GATEWAYS, 'a requester who is locked while the call waits'],
  ['locked between', GATEWAYS, 'a call that is running when its target is locked is cut off'],
  ['expiry', EXECUTION, 'approved at t0 + 16 min with 15 min to answer'],
  ['expiry', RUNS, 'a grant whose time ends while it is being looked at'],
  ['expiry', FLOWS, 'an approval after expiry is rejected'],
  ['expiry', LINKS, 'a link ends with its approval'],
  ['clock', EXECUTION, 'a clock that goes back an hour'],
  ['clock', EXECUTION, 'a clock that jumps ahead'],
  ['restart', EXECUTION, 'what was pending still is, and what was executing is unknown'],
  ['restart', 'src/approval/process.integration.test.ts', 'kill -9 while it executes'],
  ['restart', PROCESSES, 'whose process is killed while it waits'],
  ['restart', FAILURES, 'what a process was executing when it died'],
  ['two processes', PROCESSES, 'a call held in one process is approved through the other'],
  ['two processes', EXECUTION, 'a result that another process claims'],
  ['two processes', RUNS, 'only the process that executes can say how it ended'],
  ['no record', ANSWERS, 'while nothing can be recorded, no answer counts'],
  ['prefetch', LINKS, 'opening a link shows the exact command and answers nothing'],
  ['prefetch', 'test/e2e/links.test.ts', 'opening it twice answers nothing'],
  ['prefetch', GATEWAYS, 'opening the address answers nothing'],
  ['forged link', LINKS, 'a link whose text was changed, or that another key signed'],
  ['link replay', LINKS, 'a link answers once, as its person'],
  ['cross-site', LINKS, 'a form of another page'],
  ['forged chat', SLACK, 'what is not signed by Slack over these very bytes'],
  ['forged chat', FLOWS, 'a forged chat callback'],
  ['chat identity', SLACK, 'a guest who brings the same address is not'],
  ['chat identity', SLACK, 'a user whom nobody configured'],
  ['chat, approve A, run B', SLACK, 'a click is for the command that was shown'],
  ['deception', FLOWS, 'a payload beyond the display limit'],
  ['deception', SLACK, 'nothing that Slack would read as markup'],
  ['deception', 'src/notice/shown-command.test.ts', 'a tail behind twenty thousand spaces'],
  ['guessing', ANSWERS, 'a guessed id of an approval answers nothing'],
  ['flood', ANSWERS, 'a flood of one person leaves room'],
  ['withdrawal', ANSWERS, 'nobody but the requester and their person withdraws'],
  ['windows', WINDOWS, 'a window that is only asked for lets nothing through'],
  ['windows', WINDOWS, 'a window ends when its time from the approval is over'],
  ['windows', WINDOWS, 'the same target, connection repointed'],
  ['windows', WINDOWS, 'a rule that asks others'],
  ['windows', WINDOWS, 'a tool in quarantine'],
  ['windows', WINDOWS, 'a window falls with its approver or its requester'],
  ['windows', WINDOWS, "a window's yes is for its pattern, constraint and time"],
  ['windows', WINDOWS, 'a command called like a window has none of its yes'],
  ['windows', 'src/core/window-watch.test.ts', 'what runs ends within a second when its window is taken back'],
  ['windows', GATEWAYS, 'a standing stream that people agreed to ahead stays open in its window'],
  ['tasks', 'src/protocols/mcp/relay-announced-tasks.integration.test.ts', 'a subscription to a task of somebody else is refused'],
  ['break-glass', WINDOWS, 'stays open for review until somebody else closes it'],
  ['break-glass', GATEWAYS, 'break-glass never stands in for a deny'],
];

test('there are at least sixty attacks, no proof stands for two, and every proof is there', () => {
  assert.ok(ATTACKS.length >= 60, String(ATTACKS.length));
  assert.equal(new Set(ATTACKS.map(([, file, proof]) => `${file} ${proof}`)).size, ATTACKS.length);
  const missing = ATTACKS.filter(([, file, proof]) => !readFileSync(join(ROOT, file), 'utf8').includes(proof));
  assert.deepEqual(missing, []);
});
