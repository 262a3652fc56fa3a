"""How the status page looks: one style sheet, light and dark, no picture and no font of others."""

from __future__ import annotations

STYLE = """
:root{color-scheme:light dark;--paper:#f6f5f1;--sheet:#fff;--ink:#1b1c1e;--soft:#63666b;
--line:#e4e2db;--accent:#1f5fbf;--good:#1c7a4a;--warn:#9a5b00;--bad:#b3261e;--goodbg:#e3f3ea;
--warnbg:#fbeed8;--badbg:#fbe4e2}
@media (prefers-color-scheme:dark){:root{--paper:#131518;--sheet:#1b1e22;--ink:#e9e8e4;
--soft:#9a9ea6;--line:#2c3036;--accent:#7db0ff;--good:#6fd3a0;--warn:#f0b45a;--bad:#ff8a80;
--goodbg:#17342a;--warnbg:#3a2c14;--badbg:#3f1f1d}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,
"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:1120px;margin:0 auto;padding:28px 20px 56px}
header{display:flex;flex-wrap:wrap;gap:6px 16px;align-items:baseline;margin-bottom:20px}
h1{font:700 1.7rem/1.2 Georgia,"Times New Roman",serif;margin:0;letter-spacing:-.01em}
h2{font:700 1.15rem/1.3 Georgia,"Times New Roman",serif;margin:0}
.when{color:var(--soft);font-size:.85rem;margin-left:auto}
.pill{display:inline-block;font-size:.78rem;font-weight:600;line-height:1.6;padding:1px 10px;
border-radius:99px;white-space:nowrap;background:var(--line);color:var(--soft)}
.good{background:var(--goodbg);color:var(--good)}.warn{background:var(--warnbg);color:var(--warn)}
.bad{background:var(--badbg);color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin:0 0 12px;padding:0}
.tiles div,section{background:var(--sheet);border:1px solid var(--line);border-radius:12px}
.tiles div{padding:14px 16px;display:flex;flex-direction:column-reverse;
justify-content:flex-end}
.tiles dt{color:var(--soft);font-size:.85rem}
.tiles dd{margin:0;font-size:1.6rem;font-weight:650;line-height:1.25;
font-variant-numeric:tabular-nums}
section{margin-top:12px;overflow:hidden}
.head{display:flex;gap:12px;align-items:baseline;padding:14px 16px 12px}
.head span{color:var(--soft);font-size:.85rem;margin-left:auto;text-align:right}
ul{list-style:none;margin:0;padding:0}
li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2px 16px;padding:10px 16px;
border-top:1px solid var(--line);align-items:center}
li b{font-weight:600}
li small{color:var(--soft);font-size:.85rem;display:block}
li .side{display:flex;gap:2px 8px;align-items:center;justify-content:flex-end;white-space:nowrap;
font-variant-numeric:tabular-nums;font-size:.85rem;color:var(--soft)}
.bars{font:1.05rem/1.2 ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;
color:var(--accent);letter-spacing:.06em}
.empty{margin:0;padding:12px 16px 16px;border-top:1px solid var(--line);color:var(--soft)}
.trouble{border-color:var(--bad)}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 12px;align-items:start}
.door{max-width:380px;margin:14vh auto 0;padding:24px}
.door p{color:var(--soft);margin:6px 0 18px}.door p.no{color:var(--bad)}
label{display:block;font-weight:600;font-size:.9rem;margin-bottom:6px}
input,button{font:inherit;width:100%;padding:10px 12px;border-radius:8px}
input{border:1px solid var(--soft);background:var(--paper);color:inherit}
button{margin-top:12px;border:0;background:var(--accent);color:var(--sheet);font-weight:600;
cursor:pointer}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
@media (max-width:760px){main{padding:20px 12px 40px}.tiles{grid-template-columns:1fr 1fr;gap:8px}
.two{grid-template-columns:1fr}.when{margin-left:0;width:100%}.tiles dd{font-size:1.35rem}
li{grid-template-columns:minmax(0,1fr)}li .side{justify-content:flex-start;padding-top:4px}}
"""
