import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page is served by the gateway under a strict content security policy: nothing inline, nothing from elsewhere. */
export default defineConfig({
  plugins: [react()],
  build: { target: 'es2024', assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 700 },
  server: { host: '127.0.0.1', proxy: { '/api': process.env['SALLYPORT_URL'] ?? 'http://127.0.0.1:7600' } },
});
