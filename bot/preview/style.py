"""How the page of the preview looks: both chats' own colours and distances, near enough."""

from __future__ import annotations

STYLE = """
*{box-sizing:border-box}body{margin:0;padding:32px;background:#e9ebef;color:#1d1c1d;
font:15px/1.45 "Helvetica Neue",Helvetica,Arial,"Noto Sans",sans-serif}
h1{font-size:20px;margin:0 0 4px}.lead{color:#55585e;margin:0 0 24px}
h2{font-size:13px;letter-spacing:.04em;text-transform:uppercase;color:#55585e;margin:28px 0 8px}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:20px;align-items:start}
@media(max-width:900px){.pair{grid-template-columns:1fr}}
.discord,.slack{min-width:0;border-radius:10px;padding:16px 18px;overflow-wrap:anywhere;
display:grid;grid-template-columns:40px minmax(0,1fr);gap:12px}
.discord{background:#313338;color:#dbdee1}.slack{background:#fff;border:1px solid #d7d9dd}
.face{width:40px;height:40px;border-radius:50%;background:#3e8ede;color:#fff;font-weight:700;
display:grid;place-items:center}.slack .face{border-radius:6px;width:36px;height:36px}
.who{font-weight:600;margin-bottom:4px}.who small{font-size:11px;font-weight:500;padding:1px 4px;
border-radius:3px;margin-left:6px;background:#5865f2;color:#fff}
.slack .who small{background:#e3e3e3;color:#55585e}
pre{margin:6px 0;padding:8px 10px;border-radius:4px;overflow-x:auto;font:13px/1.4 monospace}
code{font:85% monospace;padding:1px 4px;border-radius:3px}
.discord pre,.discord code{background:#2b2d31}.slack pre,.slack code{background:#f4f4f5}
.discord a{color:#00a8fc;text-decoration:none}.slack a{color:#1264a3;text-decoration:none}
.mention{background:#3c4270;color:#c9cdfb;border-radius:3px;padding:0 3px}
.slack .mention{background:#e8f5fa;color:#1264a3}
.unknown{border:1px dashed #d9534f;color:#d9534f;padding:4px 8px;border-radius:4px}
.d-container{background:#2b2d31;border:1px solid #3f4147;border-left:4px solid #4e5058;
border-radius:8px;padding:14px 16px;display:grid;gap:8px}.d-container>*{min-width:0}
.d-h1,.d-h2,.d-h3{font-weight:700;color:#f2f3f5;line-height:1.3}.d-h1{font-size:22px}
.d-h2{font-size:19px}.d-h3{font-size:17px}.d-small{font-size:13px;color:#a3a6ad}
.d-time{background:#3a3c42;border-radius:3px;padding:0 2px}
.d-bullet{padding-left:18px;position:relative}.d-bullet:before{content:"•";position:absolute;left:4px}
.d-section{display:flex;gap:14px}.d-texts{flex:1;min-width:0;display:grid;gap:8px}
.d-picture,.s-picture{height:150px;border-radius:8px;margin:8px 0;font-size:11px;display:flex;
flex-direction:column;align-items:center;justify-content:center;background:#1f2023;color:#80848e}
.s-picture{background:#eceef1;color:#616061}
.d-thumbnail,.s-thumbnail{flex:none;width:84px;height:84px;border-radius:8px;font-size:10px;
line-height:1.3;display:grid;place-content:center;text-align:center;background:#404249;color:#b5bac1}
.s-thumbnail{background:#eceef1;color:#616061}
.d-separator{border:0;border-top:1px solid #3f4147;width:100%;margin:2px 0}
.d-row,.s-actions{display:flex;flex-wrap:wrap;gap:6px;margin-top:2px}
.discord .d-button,.form .d-button{background:#4e5058;color:#fff;border-radius:8px;
padding:5px 11px;font-size:14px;font-weight:500}
.discord .d-style-1,.form .d-style-1{background:#5865f2}
.s-header{font-size:18px;font-weight:800;margin:2px 0 4px}
.s-section{display:flex;gap:14px;margin:4px 0}
.s-texts{flex:1;min-width:0}
.s-actions{margin-top:8px}.s-context{font-size:13px;color:#616061;display:flex;flex-wrap:wrap;gap:6px;
margin:4px 0}.s-divider{border:0;border-top:1px solid #ddd;margin:12px 0}
.slack .s-button,.form .s-button{border:1px solid #bbbdbf;color:#1d1c1d;border-radius:4px;
padding:3px 12px;font-size:13px;font-weight:700;background:#fff}
.slack .s-primary,.form .s-primary{background:#007a5a;color:#fff;border-color:#007a5a}
.form{min-width:0;border-radius:12px;overflow-wrap:anywhere;overflow:hidden}
.s-form{background:#fff;border:1px solid #d7d9dd}.s-modal,.d-form{
box-shadow:0 8px 28px #0003}.s-form a{color:#1264a3;text-decoration:none}.s-home{padding:18px 22px}
.d-form{background:#242429;color:#dbdee1}.s-form code,.s-form pre{background:#f4f4f5}
.s-form .mention{background:#e8f5fa;color:#1264a3}.s-home .s-section{align-items:center}
.s-section>.s-button{flex:none;align-self:flex-start}.s-home .s-header{font-size:20px}
.instead{border:1px dashed #b9bdc6;border-radius:12px;padding:18px 22px;color:#6a6d74;
font-size:14px}
.f-title{padding:16px 22px;font-size:19px;font-weight:800;border-bottom:1px solid #8883}
.f-body{padding:16px 22px;display:grid;gap:14px}.f-body>*{min-width:0;margin:0}
.f-foot{padding:14px 22px;display:flex;gap:10px;justify-content:flex-end;border-top:1px solid #8883}
.form .f-foot .s-button,.form .f-foot .d-button{padding:7px 16px;font-size:14px}
.f-field{display:grid;gap:6px}.f-label{font-weight:700}.d-form .f-label{font-weight:600}
.f-hint,.f-optional{font-size:13px;color:#616061;font-weight:400}.f-required{color:#f23f43}
.f-line{border:1px solid #868686;border-radius:6px;padding:7px 11px}.f-tall{min-height:58px}
.d-form .f-line{background:#18181c;border-color:#46474e}.f-empty{color:#868991}
.f-choice{display:flex;justify-content:space-between}.f-drop{border:1px dashed #868686;
border-radius:6px;padding:18px;text-align:center;color:#616061}
@media(max-width:480px){body{padding:14px}
.discord,.slack{grid-template-columns:minmax(0,1fr);padding:12px}.face{display:none}
.d-container{padding:12px}}
"""
