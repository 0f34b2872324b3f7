import { INKS } from './charts/draw.ts';

/** The page's look in light and dark; charts are drawn in {@link INKS}, which the theme takes over. */
export const STYLE = `
:root{--page:#f4f6f5;--card:#fff;--ink:#1c2624;--muted:#566360;--line:#d9dfdc;--pass:#0b6b5c;--fail:#b3263c;--warn:#7a4b00;--warn-bg:#fff4dd;--up:#0b6b5c;--down:#b3263c}
@media (prefers-color-scheme:dark){:root{--page:#101615;--card:#19211f;--ink:#e7eeeb;--muted:#a3b1ad;--line:#34403d;--pass:#12695b;--fail:#a32d42;--warn:#ffd58a;--warn-bg:#3a2c0e;--up:#57d3bc;--down:#ff8d9d}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
header,main{max-width:1180px;margin:0 auto;padding:0 20px}
header{margin-top:24px;padding:24px;background:var(--card);border-radius:14px;border-top:8px solid var(--pass)}
header.fail{border-color:var(--fail)}
h1{font-size:1.75rem;line-height:1.2;margin:.3em 0 .6em}
h2{font-size:1.2rem;margin:0 0 12px}
p{margin:.6em 0;overflow-wrap:anywhere;max-width:80ch}
.badge{display:inline-block;margin:0;padding:2px 14px;border-radius:99px;background:var(--pass);color:#fff;font-weight:700}
.fail .badge{background:var(--fail)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:10px;margin:0 0 14px}
.tiles div{border:1px solid var(--line);border-radius:10px;padding:10px 14px}
dt{color:var(--muted);font-size:.85rem}
dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tiles dd{font-size:1.25rem;font-weight:650}
small{color:var(--muted);font-size:.8rem;font-weight:400}
.tiles small{display:block}
.reasons{padding-left:1.2em;color:var(--down);font-weight:600;overflow-wrap:anywhere}
.warning{background:var(--warn-bg);color:var(--warn);border-radius:8px;padding:8px 12px;max-width:none}
.fate{color:var(--muted)}
section{background:var(--card);border-radius:14px;padding:22px 24px;margin:18px 0}
main{padding:0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--muted);font-size:.85rem;padding-bottom:6px}
th,td{padding:6px 8px;text-align:right;border-top:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
thead th{border-top:0;color:var(--muted);font-size:.85rem;font-weight:600}
tbody th{font-weight:500}
.says{white-space:normal;display:block;text-align:left;min-width:26ch}
.up{color:var(--up)}.down{color:var(--down);font-weight:600}.same{color:var(--muted)}
.charts,.pair,.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr));gap:20px;align-items:start}
.charts,.pair>*,.figures>*{min-width:0}
.figures h2{grid-column:1/-1;margin-bottom:-8px}
.charts.one{display:block}
.chart{margin:0;min-width:0;max-width:760px}
.figures{grid-template-columns:repeat(auto-fit,minmax(min(500px,100%),1fr))}
.chart svg{display:block;width:100%;height:auto}
figcaption{font-weight:600;margin-bottom:6px;overflow-wrap:anywhere}
.chart svg [fill="${INKS.text}"]{fill:var(--muted)}
.chart svg [stroke="${INKS.text}"]{stroke:var(--muted)}
.chart svg [stroke="${INKS.line}"]{stroke:var(--line)}
.chart svg [fill="${INKS.surface}"]{fill:var(--card)}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(520px,100%),1fr));gap:22px}
.picture{margin:0;min-width:0}
.views{display:grid;grid-template-columns:1fr 1fr;gap:6px}
.views svg{display:block;width:100%;height:auto;border-radius:6px}
.views p{margin:2px 0 0;font-size:.8rem;color:var(--muted);text-align:center}
.box rect{fill:none}
.box text{fill:#fff;font-family:system-ui,sans-serif}
.hit rect{stroke:#18a892}.hit .tag{fill:#0b6b5c;stroke:none}
.miss rect{stroke:#aab4c2}.miss .tag{fill:#4b5563;stroke:none}
.lost rect{stroke:#ff4d67}.lost .tag{fill:#a3112b;stroke:none}
.key{padding:0 6px;border-radius:4px;border:2px solid}
.key.lost{border:2px dashed #e03a55}.key.hit{border-color:#18a892}.key.miss{border-color:#8a95a5}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(320px,100%),1fr));gap:10px 24px;margin:0}
code{font:.88em ui-monospace,Consolas,monospace;overflow-wrap:anywhere}
summary{cursor:pointer;font-weight:600;padding:6px 0}
@media (max-width:600px){header,section{border-radius:0;padding:18px 16px;margin:0 0 12px}.views{grid-template-columns:1fr}table{font-size:.82rem}th,td{padding:6px 4px}th small{display:block}.figures td:last-child,.figures thead th:last-child{white-space:normal;min-width:4.6em}.tiles{grid-template-columns:1fr 1fr}.tiles div{padding:8px 10px}.tiles dd{font-size:1rem}}
@media print{body{background:#fff}section{break-inside:avoid}}
`;
