// SPDX-License-Identifier: Apache-2.0
#include <report/page.h>

namespace report {

const std::string_view kStyleSheet = R"css(
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #F4F6F9; color: #1B2430; font: 15px/1.5 Inter, "Noto Sans", "DejaVu Sans", "Segoe UI", Arial, sans-serif; }
main { max-width: 1400px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 20px; line-height: 1.3; margin: 0; overflow-wrap: anywhere; }
h3 { font-size: 16px; margin: 28px 0 8px; }
h4 { font-size: 15px; margin: 0; }
h5 { font-size: 14px; margin: 12px 0 4px; }
p { margin: 6px 0; }
a { color: #0A5BD3; }
.muted { color: #55606F; }
.small { font-size: 13px; }
section.call, section.card { background: #FFFFFF; border: 1px solid #D5DAE1; border-radius: 10px; padding: 24px; margin-top: 24px; }
.ladder { overflow-x: auto; margin: 16px -8px 0; }
.ladder svg { display: block; }
g:target > text { text-decoration: underline; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid #D5DAE1; overflow-wrap: anywhere; }
th { color: #55606F; font-weight: 600; font-size: 13px; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.chip { display: inline-block; border: 1px solid currentColor; border-radius: 999px; padding: 1px 10px; font-size: 13px; margin: 2px 6px 2px 0; white-space: nowrap; }
.finding, .verdict, .explain { border-left: 4px solid #7E8999; padding: 2px 0 2px 16px; margin: 16px 0; }
.error, .red { border-left-color: #D4004A; }
.warning, .amber { border-left-color: #864600; }
.info { border-left-color: #2463E0; }
.green { border-left-color: #0B774E; }
.error .kind, .red .kind { color: #D4004A; }
.warning .kind, .amber .kind { color: #864600; }
.info .kind { color: #2463E0; }
.green .kind { color: #0B774E; }
.kind { font-weight: 600; }
ol, ul { margin: 4px 0; padding-left: 24px; }
details { border-bottom: 1px solid #D5DAE1; padding: 4px 0; }
summary { cursor: pointer; font-variant-numeric: tabular-nums; }
pre { background: #F4F6F9; border-radius: 6px; padding: 12px; margin: 8px 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 12.5px/1.45 "JetBrains Mono", "DejaVu Sans Mono", Consolas, monospace; }
code { font: 0.9em "JetBrains Mono", "DejaVu Sans Mono", Consolas, monospace; }
@media print {
  body { background: #FFFFFF; font-size: 12px; }
  main { max-width: none; padding: 0; }
  section.call, section.card { border: 0; padding: 0; }
  section.call { break-before: page; }
  section.call:first-of-type { break-before: auto; }
  .ladder { overflow: visible; }
  .ladder svg { max-width: 100%; height: auto; }
  .finding, .verdict, .explain { break-inside: avoid; }
  details:not([open]) { display: none; }
}
)css";

} // namespace report
