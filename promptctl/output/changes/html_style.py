"""The style sheet of the HTML page, and its hash, by which the page's policy knows it."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #ffffff; --ink: #1c2024; --quiet: #5b6470; --line: #d5dae0; --field: #f5f7f9;
  --gone: #8a1420; --gone-field: #fde7e9; --new: #0c5a2b; --new-field: #dff5e5;
  --breaking: #a3121f; --behaviour: #7a4a00; --compatible: #0c5a2b; --cosmetic: #4d5661;
  --problem: #6b2c91; --link: #0b57b0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --ink: #e4e8ec; --quiet: #9aa5b1; --line: #353c44; --field: #1d2126;
    --gone: #ffb3b8; --gone-field: #4a1d22; --new: #9fe8b5; --new-field: #143d23;
    --breaking: #ff8f96; --behaviour: #f3c26b; --compatible: #84dba0; --cosmetic: #a9b4c0;
    --problem: #d6a8f5; --link: #84b9ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem;
  background: var(--page); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 0; }
h3 { font-size: .95rem; margin: 1rem 0 .25rem; color: var(--quiet); font-weight: 600; }
header p { margin: .25rem 0; }
a { color: var(--link); }
code, pre { font: .875rem/1.55 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { background: var(--field); border-radius: .25rem; padding: .1em .3em; }
table { width: 100%; border-collapse: collapse; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; }
tr > * { border-top: 1px solid var(--line); }
thead tr > * { border-top: 0; }
thead th { color: var(--quiet); font-size: .875rem; font-weight: 600; }
tbody th { font-weight: 600; }
th:first-child { min-width: 13rem; }
section {
  border: 1px solid var(--line); border-radius: .5rem; padding: 1rem 1.25rem; margin: 1.5rem 0 0;
}
section > p:last-child { margin-bottom: 0; }
.states { margin: .1rem 0 0; color: var(--quiet); }
ul { margin: .25rem 0; padding-left: 1.25rem; }
li { margin: .35rem 0; }
.effect {
  font-size: .8rem; font-weight: 600; white-space: nowrap;
  border: 1px solid; border-radius: 1rem; padding: .05rem .5rem;
}
.breaking { color: var(--breaking); }
.behaviour { color: var(--behaviour); }
.compatible { color: var(--compatible); }
.cosmetic { color: var(--cosmetic); }
.problem { color: var(--problem); }
.fingerprint { color: var(--quiet); background: none; }
.accepted { margin: .1rem 0; }
.prose {
  margin: .4rem 0 .8rem; padding: .6rem .8rem; border-left: 3px solid var(--line);
  background: var(--field); border-radius: .25rem; white-space: pre-wrap; overflow-wrap: anywhere;
}
del { color: var(--gone); background: var(--gone-field); text-decoration: line-through; }
ins { color: var(--new); background: var(--new-field); text-decoration: underline; }
.gap { color: var(--quiet); }
@media (max-width: 40rem) {
  section { padding: .75rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr, tbody th, td { display: block; padding: 0; border: 0; min-width: 0; }
  tr { border-top: 1px solid var(--line); padding: .5rem 0; }
}
@media print {
  :root {
    --page: #ffffff; --ink: #000000; --quiet: #444444; --line: #999999; --field: #ffffff;
    --gone: #000000; --gone-field: #ffffff; --new: #000000; --new-field: #ffffff;
    --breaking: #000000; --behaviour: #000000; --compatible: #000000; --cosmetic: #000000;
    --problem: #000000; --link: #000000;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  section { break-inside: auto; }
  h2, h3 { break-after: avoid; }
  ins { font-weight: bold; }
}
"""

STYLE_HASH = "sha256-SodOVN0E6zTZZgWpk16+ePiE2LyKKBhPA/QQoFmhG0E="
