import { testAnswers } from './conformance-answers.ts';
import { testExecution } from './conformance-execution.ts';
import { testFailures } from './conformance-failures.ts';
import { testRequests } from './conformance-requests.ts';
import type { DatabaseAdapter } from './desk-fixture.ts';

/** What approvals must do alike on every database. */
export function testApprovals(adapter: DatabaseAdapter): void {
  testRequests(adapter);
  testAnswers(adapter);
  testExecution(adapter);
  testFailures(adapter);
}
