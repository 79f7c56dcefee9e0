import { createContext, useContext } from 'react';
import type { ApiClient } from '../api/client.ts';
import type { Me } from '../api/identity.ts';

const ApiContext = createContext<ApiClient | undefined>(undefined);
const MeContext = createContext<Me | undefined>(undefined);

export const ApiProvider = ApiContext.Provider;
export const MeProvider = MeContext.Provider;

export function useApi(): ApiClient {
  return given(useContext(ApiContext));
}

/** The signed-in subject; only pages behind the gate may ask. */
export function useMe(): Me {
  return given(useContext(MeContext));
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('used outside of its provider');
  return value;
}
