"""What every drawing returns, and the style sheet that its HTML needs once a page."""

from __future__ import annotations

from dataclasses import dataclass

STYLE = """\
.pdsa-figure {
  margin: 0 0 1rem; color: #1b2733; background: #fff; line-height: 1.35; break-inside: avoid;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", sans-serif;
}
.pdsa-figure a { color: inherit; text-decoration: underline #6b7480; text-underline-offset: 2px; }
.pdsa-figure a:hover, .pdsa-figure a:focus-visible { text-decoration: underline 2px currentColor; }
.pdsa-chart svg { display: block; max-width: 100%; height: auto; }
.pdsa-multiples, .pdsa-wide { break-inside: auto; }
.pdsa-note { color: #545f6b; font-size: 12px; margin: 0 0 .5em; }
.pdsa-symbol { vertical-align: -1.5px; }
.pdsa-spark { vertical-align: middle; margin-right: 6px; }
.pdsa-matrix .pdsa-spark, .pdsa-matrix .pdsa-symbol { max-width: none; }
.pdsa-annotations { color: #1b2733; columns: 20em auto; column-gap: 2em; }
.pdsa-annotations li { break-inside: avoid; }
.pdsa-panel { break-inside: avoid; min-width: 0; }
.pdsa-panel:target { outline: 2px solid #0b4f9e; outline-offset: 3px; }
.pdsa-panel-head b { font-weight: 600; }
.pdsa-panel-head > .pdsa-word { flex: none; }
.pdsa-panel-head > a { min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.pdsa-pushed { overflow-x: auto; }
.pdsa-word { color: #3d4854; }
.pdsa-legend { color: #545f6b; }
.pdsa-legend b { color: #1b2733; font-weight: 600; }
.pdsa-matrix { border-collapse: collapse; font-size: 11px; line-height: 1.2; width: 100%; }
.pdsa-matrix caption { text-align: left; color: #545f6b; padding: 0 0 .3em; caption-side: top; }
.pdsa-matrix th, .pdsa-matrix td { padding: 0 8px 0 0; text-align: left; border-bottom: 1px solid #e6e9ed; }
.pdsa-matrix th { font-weight: 500; }
.pdsa-matrix thead th { font-weight: 600; border-bottom: 1px solid #545f6b; vertical-align: bottom; }
.pdsa-matrix tbody th, .pdsa-matrix tbody td { white-space: nowrap; vertical-align: middle; }
.pdsa-matrix tbody a { text-decoration: none; }
.pdsa-matrix tbody a:hover, .pdsa-matrix tbody a:focus-visible { text-decoration: underline; }
.pdsa-matrix tfoot th, .pdsa-matrix tfoot td { border-bottom: 0; border-top: 1px solid #545f6b; padding-top: 3px; }
.pdsa-matrix tr { break-inside: avoid; }
.pdsa-old { display: block; }
.pdsa-results { table-layout: fixed; min-width: 40em; }
.pdsa-results tbody th, .pdsa-results tbody td, .pdsa-spread tbody th {
  white-space: normal; overflow-wrap: anywhere; vertical-align: top; padding: 3px 10px 3px 0;
}
.pdsa-spread tbody th { min-width: 12em; max-width: 22em; }
.pdsa-spread td { position: relative; }
.pdsa-spread .pdsa-count { display: block; }
.pdsa-turned { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 12em; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; }
.pdsa-unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
@media screen and (max-width: 46rem) {
  .pdsa-pushed > svg { max-width: none !important; }
  .pdsa-matrix caption { position: sticky; left: 0; width: min(100%, 88vw); }
  .pdsa-matrix tr > th:first-child { position: sticky; left: 0; z-index: 1; background: #fff; }
  .pdsa-matrix tbody tr > th:first-child { max-width: 8.5em; overflow: hidden; text-overflow: ellipsis; }
}
@media print {
  .pdsa-pushed { overflow: visible; }
  .pdsa-figure a { text-decoration: none; } .pdsa-drivers svg { max-height: 23cm; }
  .pdsa-matrix:has(.pdsa-spark) { table-layout: fixed; }
  .pdsa-matrix:has(.pdsa-spark) tr > th:first-child { width: 14em; white-space: normal; }
  .pdsa-matrix .pdsa-spark { width: calc(100% - 6.6em); height: auto; margin-right: 3px; }
}
"""


@dataclass(frozen=True)
class Figure:
    """A finished picture: `html` for pages and notebooks, `text` for every place that shows no pictures."""

    html: str
    text: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text
