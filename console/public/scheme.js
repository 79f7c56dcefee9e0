// Before the first paint: the colour scheme that was chosen here, else the system's. A file, because the page allows no inline script.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('sallyport-color-scheme');
  } catch {}
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  document.documentElement.setAttribute('data-mantine-color-scheme', chosen === 'light' || chosen === 'dark' ? chosen : system);
})();
