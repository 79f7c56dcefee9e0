import { Html } from './html.ts';

/** How pages without script look: as the console does, in light and dark, with nothing to load. */
export const PAGE_STYLE = new Html(`:root{color-scheme:light dark;--line:light-dark(#dfe4e2,#28322f);--line-strong:light-dark(#c2cbc8,#3f4c48);
--text:light-dark(#15201d,#e4eae7);--soft:light-dark(#465450,#b1bdb8);--surface:light-dark(#fff,#161d1b);--accent:light-dark(#0c5561,#74c7d3)}
*{box-sizing:border-box}
body{margin:0;background:light-dark(#f4f6f5,#0f1413);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:36rem;margin:9vh auto 2rem;padding:1.5rem 1.7rem 1.7rem;border:1px solid var(--line);border-radius:8px;background:var(--surface)}
main.wide{max-width:60rem;margin-top:2rem}
@media (max-width:38rem){main,main.wide{margin:0;min-height:100vh;padding:1.2rem 1rem;border:0;border-radius:0}}
.brand{display:flex;align-items:center;gap:.6rem;margin:0 0 1.3rem;font-weight:650}
h1{margin:0 0 .8rem;font-size:1.3rem;line-height:1.3;letter-spacing:-.01em}h2{margin:1.4rem 0 .4rem;font-size:1rem}
p{margin:.8rem 0;overflow-wrap:anywhere}p::first-letter{text-transform:uppercase}
table{width:100%;margin:1rem 0;border-collapse:collapse}tr{border-bottom:1px solid var(--line)}
th{width:8.5rem;padding:.4rem .8rem .4rem 0;color:var(--soft);font-weight:400;text-align:left;vertical-align:top}
td{padding:.4rem 0;unicode-bidi:isolate;overflow-wrap:anywhere}
pre{margin:.6rem 0;padding:.8rem 1rem;border:1px solid var(--line);border-radius:4px;background:light-dark(#f0f3f2,#101615);
font:13px/1.5 ui-monospace,monospace;unicode-bidi:isolate;white-space:pre-wrap;overflow-wrap:anywhere}
label{display:block;margin:1rem 0 .3rem;font-weight:600}
input:not([type=hidden]),textarea{width:100%;padding:.5rem .7rem;border:1px solid var(--line-strong);border-radius:4px;background:var(--surface);color:inherit;font:inherit}
button,a.button{display:inline-block;margin:.4rem .4rem 0 0;padding:.5rem 1.2rem;border:1px solid light-dark(#0c5561,#156a78);border-radius:4px;
background:light-dark(#0c5561,#156a78);color:#fff;font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
button.second{border-color:var(--line-strong);background:none;color:var(--text)}
a{color:var(--accent)}:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.warning{padding:.6rem .8rem;border-radius:4px;background:light-dark(#fcefd3,#362a10);color:light-dark(#7a4b00,#ecbd68)}`);
