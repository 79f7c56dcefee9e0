import { createTheme, type MantineColorsTuple } from '@mantine/core';

const petrol: MantineColorsTuple = ['#eef7f8', '#d9ebee', '#b0d7dd', '#82c0ca', '#4fa6b3', '#2b8593', '#156a78', '#0c5561', '#09434d', '#06313a'];

/** Of what stops somebody: white stands on it with more than 4.5:1. */
const brick: MantineColorsTuple = ['#fbe5e3', '#f5c9c5', '#eba49e', '#e07d76', '#d35850', '#c23b35', '#b32c2a', '#a12326', '#851a1d', '#671315'];

/** Mantine's dark greys, with the page's own slight green. */
const slate: MantineColorsTuple = ['#e4eae7', '#c4ceca', '#a8b4af', '#8d9a95', '#4a5753', '#3a4643', '#1d2523', '#161d1b', '#101615', '#0b0f0e'];

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 6 },
  colors: { petrol, red: brick, dark: slate },
  defaultRadius: 4,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '19px' },
  headings: { fontWeight: '600' },
  focusRing: 'auto',
  respectReducedMotion: true,
  // Nearly every field is required: what is not says so.
  components: { InputWrapper: { defaultProps: { withAsterisk: false } } },
});
