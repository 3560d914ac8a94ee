"""How the report looks: on a light page, on a dark one, and on paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #ffffff; --quiet: #5b5b5b;
  --line: #cfcfcf; --card: #f5f5f5; --link: #00558c;
  --passed: #2f9e6e; --known: #e69f00; --unknown: #cc79a7; --by-hand: #56b4e9;
  --untried: #c9c9c9; --on: #000; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #16181b; --quiet: #ababab;
  --line: #43474c; --card: #212429; --link: #7cc4f5;
  --passed: #3bb583; --known: #e9a820; --unknown: #d578ac; --by-hand: #62aee0;
  --untried: #8a9097; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 2px solid var(--line); }
h3 { margin: 1.6rem 0 .3rem; } h4 { margin: 1rem 0 .2rem; }
a { color: var(--link); } a:focus-visible, summary:focus-visible, .wide:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; }
code, pre { font: .9em/1.4 ui-monospace, monospace; background: var(--card); border-radius: 3px; }
code { padding: 0 .25em; overflow-wrap: anywhere; } pre { padding: .6rem .8rem; overflow-x: auto; }
pre code { padding: 0; }
.quiet { color: var(--quiet); } .wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } .wide { margin: .3rem 0; }
th, td { padding: .3rem .6rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--quiet); font-weight: 600; vertical-align: bottom; }
thead th.number { text-align: right; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { display: flex; width: 100%; min-width: 9rem; height: 1.1rem; margin-top: .2rem;
  background: var(--card); border-radius: 3px; overflow: hidden; }
.bar i { height: 100%; min-width: 0; overflow: hidden; text-align: center; color: var(--on);
  font: .75rem/1.1rem system-ui, sans-serif; } .bar i + i { border-left: 1px solid var(--paper); }
.short { min-width: 6rem; } .drawn { width: 45%; }
tbody th code { overflow-wrap: normal; white-space: nowrap; }
.passed { background: var(--passed); } .known { background: var(--known); }
.unknown { background: var(--unknown); } .by-hand { background: var(--by-hand); }
.untried { background: var(--untried); }
.key i { display: inline-block; width: .9em; height: .9em; margin: 0 .35em 0 1em;
  border-radius: 2px; vertical-align: -.08em; } .key i:first-child { margin-left: 0; }
.class td { font-size: .9rem; } .class tbody th { font-weight: 500; }
.class td { border-left: 5px solid transparent; overflow-wrap: break-word; }
.class td.passed, .class td.known, .class td.unknown, .class td.by-hand, .class td.untried {
  background: none; }
td.passed { border-left-color: var(--passed); } td.known { border-left-color: var(--known); }
td.unknown { border-left-color: var(--unknown); } td.by-hand { border-left-color: var(--by-hand); }
td.untried { border-left-color: var(--untried); color: var(--quiet); }
summary { cursor: pointer; } .who { font-size: .9rem; }
.first { background: var(--card); border-radius: 6px; padding: .2rem 1.2rem .6rem; }
.first h2 { margin-top: .8rem; border: 0; } .first li { margin: .4rem 0; }
@media print { :root { --ink: #000; --paper: #fff; --quiet: #444; --line: #bbb; --card: #f3f3f3;
    --link: #000; --untried: #d9d9d9; }
  body { padding: 0; max-width: none; font-size: 10pt; } nav { display: none; }
  a { text-decoration: none; } section, tr, li { break-inside: avoid; } h2, h3, h4 {
  break-after: avoid; } .wide { overflow: visible; } pre { white-space: pre-wrap; }
  .lesson { break-inside: auto; } .bar, .bar i, .key i, td {
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .class table { font-size: 7.5pt; } .class th, .class td { padding: .15rem .3rem;
  overflow-wrap: anywhere; font-size: inherit; } .how { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; } }
"""
