import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { ApiClient } from '../api/client.ts';
import { ApiError } from '../api/error.ts';
import { ApiProvider } from './api-context.ts';
import { makeRouter } from './router.tsx';
import { theme } from './theme.ts';

const schemeManager = localStorageColorSchemeManager({ key: 'sallyport-color-scheme' });

/** Everything a page may use: how it looks, how it asks the gateway, where it is. */
export function App(): ReactNode {
  const [api] = useState(() => new ApiClient());
  const [queries] = useState(makeQueries);
  const [router] = useState(makeRouter);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={schemeManager}>
      <ApiProvider value={api}>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ApiProvider>
    </MantineProvider>
  );
}

/** The gateway's own refusals are final; only a gateway that is not there is asked again. */
function makeQueries(): QueryClient {
  const retry = (failures: number, error: unknown): boolean => error instanceof ApiError && error.status === 0 && failures < 3;
  return new QueryClient({ defaultOptions: { queries: { retry, staleTime: 5_000 } } });
}
