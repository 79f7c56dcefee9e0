import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { ApprovalsPage } from '../pages/approvals/approvals-page.tsx';
import { ApprovalDetailPage } from '../pages/approvals/approval-detail-page.tsx';
import { ApprovalsStart } from '../pages/approvals/approvals-start.tsx';
import { Gate } from './gate.tsx';
import { NotFound } from './not-found.tsx';
import { PageError } from './page-error.tsx';
import { Shell } from './shell.tsx';

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
const connect = createRoute({
  getParentRoute: () => root,
  path: 'connect',
  component: lazyRouteComponent(() => import('../pages/connect/connect-page.tsx'), 'ConnectPage'),
});

export function makeRouter() {
  return createRouter({
    routeTree: root.addChildren([start, approvals.addChildren([approvalsStart, approval]), sessions, replay, connect]),
    defaultPreload: 'intent',
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
