import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { ApprovalsPage } from '../pages/approvals/approvals-page.tsx';
import { ApprovalDetailPage } from '../pages/approvals/approval-detail-page.tsx';
import { ApprovalsStart } from '../pages/approvals/approvals-start.tsx';
import { ContinuePage } from '../pages/continue/continue-page.tsx';
import { readFilter } from '../api/audit.ts';
import { LOCK_KINDS, type LockKind } from '../api/locks.ts';
import { Gate } from './gate.tsx';
import { NotFound } from './not-found.tsx';
import { PageError } from './page-error.tsx';
import { Shell } from './shell.tsx';

/** What a lock may be filled in with. */
interface LockSearch {
  readonly kind?: LockKind | undefined;
  readonly name?: string | undefined;
}

const root = createRootRoute({
  component: () => (
    <Gate>
      <Shell>
        <PageError>
          <Outlet />
        </PageError>
      </Shell>
    </Gate>
  ),
  notFoundComponent: NotFound,
});

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    // The router's own way to say where to go instead.
    throw redirect({ to: '/approvals', replace: true }); // oxlint-disable-line typescript/only-throw-error
  },
});

const approvals = createRoute({ getParentRoute: () => root, path: 'approvals', component: ApprovalsPage });
const approvalsStart = createRoute({ getParentRoute: () => approvals, path: '/', component: ApprovalsStart });
const approval = createRoute({ getParentRoute: () => approvals, path: '$id', component: ApprovalDetailPage });

const sessions = createRoute({
  getParentRoute: () => root,
  path: 'sessions',
  component: lazyRouteComponent(() => import('../pages/sessions/sessions-page.tsx'), 'SessionsPage'),
});
const replay = createRoute({
  getParentRoute: () => root,
  path: 'sessions/$id',
  component: lazyRouteComponent(() => import('../pages/replay/replay-page.tsx'), 'ReplayPage'),
});
const audit = createRoute({
  getParentRoute: () => root,
  path: 'audit',
  validateSearch: readFilter,
  component: lazyRouteComponent(() => import('../pages/audit/audit-page.tsx'), 'AuditPage'),
});
const targets = createRoute({
  getParentRoute: () => root,
  path: 'targets',
  component: lazyRouteComponent(() => import('../pages/targets/targets-page.tsx'), 'TargetsPage'),
});
const windows = createRoute({
  getParentRoute: () => root,
  path: 'windows',
  component: lazyRouteComponent(() => import('../pages/windows/windows-page.tsx'), 'WindowsPage'),
});
const access = createRoute({
  getParentRoute: () => root,
  path: 'access',
  component: lazyRouteComponent(() => import('../pages/access/access-page.tsx'), 'AccessPage'),
});
const tools = createRoute({
  getParentRoute: () => root,
  path: 'tools',
  component: lazyRouteComponent(() => import('../pages/tools/tools-page.tsx'), 'ToolsPage'),
});
const policy = createRoute({
  getParentRoute: () => root,
  path: 'policy',
  component: lazyRouteComponent(() => import('../pages/policy/policy-page.tsx'), 'PolicyPage'),
});
const locks = createRoute({
  getParentRoute: () => root,
  path: 'locks',
  validateSearch: (search): LockSearch => ({
    kind: LOCK_KINDS.find((kind) => kind === search['kind']),
    name: typeof search['name'] === 'string' ? search['name'] : undefined,
  }),
  component: lazyRouteComponent(() => import('../pages/locks/locks-page.tsx'), 'LocksPage'),
});

const goOn = createRoute({
  getParentRoute: () => root,
  path: 'continue',
  validateSearch: (search): { readonly to?: string | undefined } => ({ to: typeof search['to'] === 'string' ? search['to'] : undefined }),
  component: ContinuePage,
});

export function makeRouter() {
  return createRouter({
    routeTree: root.addChildren([
      start,
      approvals.addChildren([approvalsStart, approval]),
      sessions,
      replay,
      audit,
      targets,
      windows,
      access,
      tools,
      policy,
      locks,
      goOn,
    ]),
    defaultPreload: 'intent',
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
