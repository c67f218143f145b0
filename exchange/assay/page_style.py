"""The style of an assay's page: one column on a phone, two on a screen; light, dark, and black on white in print."""

from exchange.assay.markup import trusted

STYLE = trusted("""
:root { color-scheme: light dark; --paper: #f5f6f8; --card: #fff; --ink: #1b2430; --soft: #5a6675; --line: #d9dee5;
  --track: #e9edf2; --bar: #2f6fb3; --good: #2a8a57; --fair: #6d9a1f; --weak: #c98a12; --bad: #c23b37; }
@media (prefers-color-scheme: dark) { :root { --paper: #12161b; --card: #1b2128; --ink: #e6eaef; --soft: #a0abb8;
  --line: #323b46; --track: #2a323c; --bar: #6aa5e0; --good: #4cb680; --fair: #9cc44a; --weak: #e0aa3e;
  --bad: #ea6f6a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  Roboto, "Noto Sans", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 20px 14px 48px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 2px; }
p { margin: 0 0 10px; }
.soft, caption { color: var(--soft); }
header { display: flex; flex-wrap: wrap; gap: 14px 22px; align-items: center; margin-bottom: 16px; }
header > div { flex: 1 1 280px; min-width: 0; }
.grade { flex: none; color: #fff; background: var(--bad); border-radius: 10px; padding: 10px 18px; text-align: center;
  font-size: 12px; line-height: 1.3; }
.grade b { display: block; font-size: 28px; line-height: 1.1; }
.grade.G1 { background: #217346; } .grade.G2 { background: #4f7417; } .grade.G3 { background: #93640a; }
.grade.ungraded { background: #a8302c; } .grade.ungraded b { font-size: 20px; }
.warning { border: 1px solid var(--bad); border-left-width: 6px; border-radius: 8px; background: var(--card);
  padding: 10px 14px; margin-bottom: 14px; }
.warning ul { margin: 4px 0 0; padding-left: 20px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 10px; margin: 0 0 14px; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { margin: 0; font-size: 19px; font-weight: 600; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
.cards { columns: 2; column-gap: 14px; margin-bottom: 14px; }
section { break-inside: avoid; margin: 0 0 14px; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: 14px 16px; min-width: 0; }
section > p:first-of-type { color: var(--soft); font-size: 14px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; color: var(--soft); }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code, .hash { font: 13px/1.45 ui-monospace, SFMono-Regular, Consolas, "Noto Sans Mono", monospace;
  overflow-wrap: anywhere; }
pre { margin: 6px 0 10px; padding: 8px 10px; background: var(--track); border-radius: 6px; white-space: pre-wrap; }
dl.facts { display: grid; grid-template-columns: minmax(120px, 220px) minmax(0, 1fr); gap: 4px 14px;
  margin: 0 0 8px; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; margin: 6px 0 4px; }
svg text { fill: var(--ink); font-size: 13px; } svg .tick { font-size: 12px; fill: var(--soft); }
svg .soft { fill: var(--soft); } svg .number { font-variant-numeric: tabular-nums; }
.bar { fill: var(--bar); } .track { fill: var(--track); } .grid { stroke: var(--line); }
.bar.G1 { fill: var(--good); } .bar.G2 { fill: var(--fair); } .bar.G3 { fill: var(--weak); }
  .bar.ungraded { fill: var(--bad); }
.mark { stroke: var(--ink); stroke-width: 1.5; }
@media (max-width: 480px) { svg text { font-size: 15px; } svg .tick, svg .soft { font-size: 14px; } }
@media (max-width: 760px) { .cards { columns: 1; } dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: 6px; } }
@media print { :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --track: #e6e6e6;
    --bar: #2f6fb3; --good: #2a8a57; --fair: #6d9a1f; --weak: #c98a12; --bad: #c23b37; }
  main { max-width: none; padding: 0; } .figures div, tr { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
""")
