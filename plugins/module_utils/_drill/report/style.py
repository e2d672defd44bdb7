# Copyright: (c) 2026, streamops.flink contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the page of a drill looks: on paper and on screens of any width, light or dark."""

from __future__ import annotations

_LIGHT = """
  color-scheme: light;
  --page: #f4f6f8; --card: #ffffff; --ink: #17202b; --soft: #556070; --rule: #dbe1e8; --faint: #eef1f5;
  --good: #10703f; --bad: #c4283a; --warn: #8f5400; --calm: #5c6878; --link: #1f5fbf;
  --good-wash: #e3f4ea; --bad-wash: #fdeaec; --warn-wash: #fff3dc; --calm-wash: #edf0f4;
  --hue0: #2f6fd6; --hue1: #8a4fc7; --hue2: #0b8a8f; --hue3: #c2571a;
"""
_DARK = """
  color-scheme: dark;
  --page: #0f141a; --card: #171e27; --ink: #e8edf3; --soft: #a3afbd; --rule: #2d3744; --faint: #202935;
  --good: #45c483; --bad: #ff7b86; --warn: #f0b04a; --calm: #9aa7b6; --link: #7db2ff;
  --good-wash: #14301f; --bad-wash: #3a1a20; --warn-wash: #35280f; --calm-wash: #222b37;
  --hue0: #6ea6ff; --hue1: #c197f5; --hue2: #3fc4c9; --hue3: #ff9d5c;
"""

_RULES = """
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--page); color: var(--ink); line-height: 1.5;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans",
    Arial, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main, header, footer { max-width: 1060px; margin: 0 auto; padding: 0 20px; }
a { color: var(--link); text-underline-offset: 2px; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
h1, h2, h3 { line-height: 1.2; margin: 0; text-wrap: balance; }
code { font: 0.875em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: 14px; padding: 24px; margin: 20px 0; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

/* The verdict */
.verdict { border-top: 6px solid var(--tone); margin-top: 28px; }
.verdict .line { display: flex; gap: 18px; align-items: center; }
.verdict .seal {
  flex: none; width: 60px; height: 60px; border-radius: 50%; background: var(--wash); color: var(--tone);
  display: grid; place-items: center; font-size: 30px; font-weight: 700;
}
.verdict .word {
  font-size: 14px; font-weight: 700; letter-spacing: .08em; text-transform: uppercase; color: var(--tone);
}
.verdict h1 { font-size: clamp(24px, 4vw, 34px); letter-spacing: -.015em; }
.verdict .lead { margin: 4px 0 0; font-size: 18px; color: var(--soft); }
.passed { --tone: var(--good); --wash: var(--good-wash); }
.failed { --tone: var(--bad); --wash: var(--bad-wash); }
.aborted, .refused { --tone: var(--warn); --wash: var(--warn-wash); }
.skipped, .nothing, .unjudged { --tone: var(--calm); --wash: var(--calm-wash); }

.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(190px, 45%), 1fr)); gap: 12px; margin: 24px 0 0;
  padding: 0;
}
.figures li { list-style: none; background: var(--faint); border-radius: 10px; padding: 14px 16px; }
.figures b { display: block; font-size: 26px; line-height: 1.2; font-weight: 650; letter-spacing: -.02em; }
.figures span { display: block; font-size: 14px; color: var(--soft); }
.figures .small { font-size: 13px; margin-top: 2px; }

.facts {
  display: flex; flex-wrap: wrap; gap: 10px 32px; margin: 22px 0 0; padding-top: 18px;
  border-top: 1px solid var(--rule);
}
.facts dt { font-size: 12px; color: var(--soft); }
.facts dd { margin: 0; font-weight: 550; }

/* All faults */
h2 { font-size: 20px; letter-spacing: -.01em; }
h2 + p { margin: 4px 0 0; color: var(--soft); font-size: 14px; }
.scroll { overflow-x: auto; margin: 16px -24px -8px; padding: 0 24px 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; vertical-align: top; padding: 10px 14px 10px 0; border-bottom: 1px solid var(--rule); }
thead th { font-size: 12px; font-weight: 600; color: var(--soft); vertical-align: bottom; }
tbody th { font-weight: 550; }
tbody th a { display: block; white-space: nowrap; margin-bottom: 5px; text-underline-offset: 5px; }
tbody tr:last-child > * { border-bottom: 0; }
td b { font-weight: 600; white-space: nowrap; }
b.late { color: var(--bad); }
small .sooner { color: var(--good); }
small .later { color: var(--bad); }
td small { display: block; color: var(--soft); font-size: 12px; }
.bar {
  display: block; width: 72px; height: 4px; border-radius: 2px; background: var(--rule); margin: 5px 0 4px;
  overflow: hidden;
}
.bar i { display: block; height: 100%; border-radius: 2px; background: var(--good); }
.bar .late { background: var(--bad); }
.badge-word {
  display: inline-flex; align-items: center; gap: 6px; padding: 2px 10px 2px 7px; border-radius: 99px;
  white-space: nowrap;
  background: var(--wash); color: var(--tone); font-size: 13px; font-weight: 650;
}
.reason {
  border-left: 4px solid var(--tone); background: var(--wash); padding: 8px 14px; border-radius: 0 8px 8px 0;
  margin: 14px 0 0;
}
ul.reason { padding-left: 34px; }

/* One fault */
.fault { border-left: 5px solid var(--tone); scroll-margin-top: 12px; }
.fault h2 { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; font-size: 20px; }
.fault .what { margin: 8px 0 0; color: var(--soft); font-size: 15px; }
.fault .what b { color: var(--ink); font-weight: 550; }
.fault h3 { font-size: 13px; font-weight: 650; color: var(--soft); margin: 22px 0 6px; }
.times {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(160px, 45%), 1fr)); gap: 10px; padding: 0;
  margin: 18px 0 0;
}
.times li {
  list-style: none; display: flex; flex-direction: column; border: 1px solid var(--rule); border-radius: 10px;
  padding: 10px 14px;
}
.times .name { font-size: 13px; line-height: 1.35; color: var(--soft); min-height: 2.7em; }
.times li > b { display: block; font-size: 22px; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }
.times li.late { border-color: var(--bad); }
.times .bar { width: 100%; }
.times small { display: block; font-size: 12px; color: var(--soft); }
.checks { list-style: none; margin: 0; padding: 0; font-size: 14px; columns: 2 300px; column-gap: 36px; }
.checks li { break-inside: avoid; display: grid; grid-template-columns: 24px 1fr; padding: 5px 0; }
.checks .mark { color: var(--tone); font-weight: 700; }
.checks small { display: block; color: var(--soft); font-size: 13px; }
.checks .failed { background: var(--bad-wash); border-radius: 6px; padding-left: 6px; margin-left: -6px; }
.side { border-top: 1px solid var(--rule); margin-top: 16px; padding-top: 14px; }
.side dl { display: flex; flex-wrap: wrap; gap: 8px 44px; margin: 0; font-size: 14px; }
.side dt { font-weight: 550; }
.side dd { margin: 0; color: var(--soft); font-size: 13px; }
.events { margin: 0; padding: 0 0 0 1.6em; font-size: 13px; columns: 2 300px; column-gap: 36px; }
.events li { break-inside: avoid; padding: 1px 0; }
.events li::marker { color: var(--soft); font-size: 11px; }
.events b { display: inline-block; min-width: 5.6em; font-weight: 550; }

/* The pictures */
figure { margin: 22px 0 0; }
figcaption { font-size: 13px; color: var(--soft); margin-top: 8px; }
.plot { display: block; width: 100%; height: auto;
  font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
  "Liberation Sans", Arial, sans-serif; font-variant-numeric: tabular-nums; }
.plot text { fill: var(--ink); }
.plot .label { fill: var(--soft); }
.plot .tick, .plot .scale { fill: var(--soft); font-size: 11px; }
.plot .label, .plot .scale, .plot .flag, .plot .flag-fault, .plot .value, .plot .inside {
  paint-order: stroke; stroke: var(--card); stroke-width: 3px; stroke-linejoin: round;
}
.plot .inside { font-size: 11px; stroke-opacity: .7; }
.narrow { display: none; }
.track { fill: var(--ink); opacity: .045; }
.grid { stroke: var(--rule); stroke-width: 1; }
.axis { stroke: var(--soft); stroke-width: 1; }
.block { stroke-width: 1; fill-opacity: .2; stroke-opacity: .75; }
.idle { fill: var(--calm); stroke: var(--calm); }
.hue0 { fill: var(--hue0); stroke: var(--hue0); } .hue1 { fill: var(--hue1); stroke: var(--hue1); }
.hue2 { fill: var(--hue2); stroke: var(--hue2); } .hue3 { fill: var(--hue3); stroke: var(--hue3); }
.good { fill: var(--good); stroke: var(--good); }
.done { fill: var(--good); stroke: var(--good); fill-opacity: .06; }
.rising { fill: url(#rising); stroke: var(--good); fill-opacity: 1; }
.early { fill: url(#early); stroke: var(--hue0); fill-opacity: 1; }
.warn { fill: url(#warn); stroke: var(--warn); fill-opacity: 1; }
.bad { fill: url(#bad); stroke: var(--bad); fill-opacity: 1; }
.span-fault { fill: var(--bad); fill-opacity: .09; }
.flag { font-weight: 600; } .flag-line { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 2 3; }
.plot .flag-fault { fill: var(--bad); font-weight: 700; } .flag-fault-line { stroke: var(--bad); stroke-width: 2; }
.lens { fill: none; stroke: var(--link); stroke-width: 1.5; }
.beam { fill: var(--link); fill-opacity: .08; }
.area { fill: var(--hue0); fill-opacity: .16; }
.curve { fill: none; stroke-width: 1.6; stroke-linejoin: round; }
.curve0 { stroke: var(--hue0); }
.curve1 { stroke: var(--hue1); stroke-dasharray: 6 3; } .curve2 { stroke: var(--hue2); stroke-dasharray: 2 2; }
.curve3 { stroke: var(--hue3); stroke-dasharray: 8 3 2 3; }
.steps { stroke: var(--ink); }
.mark-good { fill: var(--good); stroke: var(--card); stroke-width: 1; }
.mark-bad { fill: none; stroke: var(--bad); stroke-width: 2.5; }
.mark-open { fill: var(--card); stroke: var(--soft); stroke-width: 1.5; }
.badge { fill: var(--card); stroke: var(--soft); stroke-width: 1.2; }
.plot .number { font-size: 10px; font-weight: 600; }
.legend {
  display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 6px 0 14px; padding: 0;
  font-size: 12px;
}
.legend li { display: flex; align-items: center; gap: 6px; }
.swatch { width: 20px; height: 14px; }
.compare .name { font-weight: 600; }
.rule { stroke: var(--rule); }
.bridge { stroke-width: 3; stroke-linecap: round; }
.bridge.sooner { stroke: var(--good); stroke-opacity: .4; } .bridge.later { stroke: var(--bad); stroke-opacity: .5; }
.stock { fill: var(--card); stroke: var(--soft); stroke-width: 2; }
.ours.sooner { fill: var(--good); } .ours.later, .ours.late { fill: var(--bad); }
.limit { stroke: var(--warn); stroke-width: 2; }
.plot .value { font-size: 11px; fill: var(--soft); } .plot .ours-value { fill: var(--ink); font-weight: 600; }
.plot .ratio { font-weight: 650; } .plot .ratio.sooner { fill: var(--good); } .plot .ratio.later { fill: var(--bad); }
.patterns { position: absolute; width: 0; height: 0; }
footer { color: var(--soft); font-size: 13px; padding-bottom: 40px; }

@media screen and (max-width: 720px) {
  main, header, footer { padding: 0 12px; }
  .card { padding: 18px 16px; border-radius: 12px; }
  .wide { display: none; }
  .times .name { min-height: 0; flex: 1; }
  .narrow { display: block; max-width: 560px; }
  .verdict .seal { width: 48px; height: 48px; font-size: 24px; }
  .scroll { margin: 12px -16px -8px; padding: 0 16px 8px; }
  /* Each fault becomes a card of its own: nobody scrolls a table sideways. */
  .overall, .overall tbody, .overall tr, .overall th, .overall td { display: block; }
  .overall thead { display: none; }
  .overall tr { padding: 10px 0; border-bottom: 1px solid var(--rule); }
  .overall tr:last-child { border-bottom: 0; }
  .overall th, .overall td { border: 0; padding: 3px 0; }
  .overall td[data-label] {
    display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); align-items: baseline;
  }
  .overall td[data-label]::before { content: attr(data-label); color: var(--soft); font-size: 13px; }
  .overall td.none { display: none; }
  .overall .bar { display: none; }
}
@page { margin: 14mm; }
@media print {
  body { background: none; font-size: 11pt; }
  main, header, footer { max-width: none; padding: 0; }
  .card { break-inside: avoid; margin: 10px 0; padding: 14px; }
  a { color: inherit; text-decoration: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""

CSS = f":root {{{_LIGHT}}}\n@media screen and (prefers-color-scheme: dark) {{ :root {{{_DARK}}} }}{_RULES}"
