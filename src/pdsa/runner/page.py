"""An executed notebook -> one self-contained page, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pdsa.errors import Problem, ReportError
from pdsa.kernels import INJECTED
from pdsa.terms import INDEXED

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup
    from nbformat import NotebookNode

    from pdsa.runner.job import Job

COMPLETE = "application/vnd.pdsa.complete+json"
FILE = "application/vnd.pdsa.file+json"
PAGE_LIMIT = 3_000_000  # bytes

Region = Literal["header", "main", "footer"]

_OURS = "application/vnd.pdsa."
_SHOWN = ("display_data", "execute_result")
_FILE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}\.(csv|json|txt)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")  # no HTML text, or no UTF-8


def render_page(notebook: NotebookNode, job: Job) -> str:
    """Return the page that the outputs of a notebook's cells tagged `page` make, as self-contained HTML.

    HTML outputs are taken as they are, for the objects of pdsa escape what people wrote; the page's content
    security policy runs no script all the same. Plain text becomes escaped paragraphs. Code, printed text and
    other cells are left out. A second tag `header` or `footer` moves a cell there. The same outputs give the
    same page.

    Parameters
    ----------
    notebook
        An executed notebook.
    job
        Title, banner and name of the report.

    Raises
    ------
    ReportError
        A page cell warned or failed, or the page is larger than 3 MB.
    """
    regions: dict[Region, list[Markup]] = {"header": [], "main": [], "footer": []}
    for index, cell in page_cells(notebook):
        _refuse_warnings(cell, index, job)
        if blocks := list(_blocks(cell)):
            regions[_region(cell)].append(_join(blocks))
    titled = any("<h1" in block for blocks in regions.values() for block in blocks)
    page = _template().render(job=job, home=_home(job), regions=regions, titled=titled, figure_style=_figure_style())
    _refuse_size(page, job)
    return page


def _home(job: Job) -> tuple[str, str]:
    """Address and words of the way back: the audience's index, or a team's report from its log; "" for none.

    Every run writes the index last, also that which goes on where single jobs have made the pages.
    """
    if job.audience in INDEXED:
        return "../" * (len(job.target.parts) - 2) + "index.html", f"All reports for the {job.audience}"
    return ("report.html", "The report of our school") if job.school and job.about == "log" else ("", "")


def page_cells(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    """Yield number, counted from 1 in the notebook file, and cell of each code cell tagged `page`."""
    number = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", ())
        number += INJECTED not in tags
        if cell.cell_type == "code" and "page" in tags:
            yield number, cell


def shown(cell: NotebookNode) -> Iterator[Mapping[str, object]]:
    """Yield the data of each output of a cell that was displayed, by mime type."""
    for output in cell.get("outputs", ()):
        if output.output_type in _SHOWN:
            yield output.data


def page_files(notebook: NotebookNode, job: Job) -> dict[str, str]:
    """Return name and text of the files that page cells ask to be written beside the page.

    Parameters
    ----------
    notebook
        An executed notebook.
    job
        Names the report in the error.

    Raises
    ------
    ReportError
        A name is not plain (`points.csv`), comes twice, or there is no text.
    """
    found: dict[str, str] = {}
    for index, cell in page_cells(notebook):
        for data in shown(cell):
            if FILE in data:
                name, text = _file(data[FILE], index, job)
                if name in found:
                    raise _error(job, index, f"two files named {name}", "one of each name")
                found[name] = text
    return found


def _file(entry: object, index: int, job: Job) -> tuple[str, str]:
    match entry:
        case {"name": str(name), "text": str(text)} if _FILE_NAME.fullmatch(name):
            return name, text
        case {"name": str(name)}:
            raise _error(job, index, f"a file named {name[:80]!r}", "a text, and a name such as points.csv")
    raise _error(job, index, "a file without a name", "a text, and a name such as points.csv")


def _refuse_warnings(cell: NotebookNode, index: int, job: Job) -> None:
    for output in cell.get("outputs", ()):
        if output.output_type == "error":
            raise _error(job, index, f"{output.ename}: {output.evalue:.300}", "a cell that runs to its end")
        if output.output_type == "stream" and output.name == "stderr":
            text = " ".join(output.text.split())[:300]
            raise _error(job, index, f"the warning {text!r}", "no warning in a cell of the page")


def _refuse_size(page: str, job: Job) -> None:
    size = len(page.encode())
    if size > PAGE_LIMIT:
        problem = Problem(str(job.target), f"a page of {size / 1e6:.1f} MB", f"at most {PAGE_LIMIT / 1e6:.0f} MB")
        raise ReportError(job.name, problem, "show fewer charts or fewer rows on this page")


def _error(job: Job, index: int, found: str, expected: str) -> ReportError:
    place = f"{job.notebook.name}, cell {index}"
    return ReportError(job.name, Problem(place, found, expected), "mend this cell of the notebook, or its data")


def _region(cell: NotebookNode) -> Region:
    tags = cell.metadata.get("tags", ())
    return "header" if "header" in tags else "footer" if "footer" in tags else "main"


def _blocks(cell: NotebookNode) -> Iterator[Markup]:
    from markupsafe import Markup

    for data in shown(cell):
        if "text/html" in data:
            yield Markup(_CONTROL.sub("\ufffd", str(data["text/html"])))  # noqa: S704 see `render_page`
        elif not any(kind.startswith(_OURS) for kind in data):
            yield _paragraphs(str(data.get("text/plain", "")))


def _paragraphs(text: str) -> Markup:
    from markupsafe import Markup

    lines = (line for line in _CONTROL.sub("\ufffd", text).split("\n") if line.strip())
    return _join([Markup("<p>{}</p>").format(line) for line in lines])


def read_templates() -> None:
    """Read what every page needs, before the first of them waits for it."""
    _template()
    _figure_style()


def _join(blocks: list[Markup]) -> Markup:
    from markupsafe import Markup

    return Markup("\n").join(blocks)


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = files("pdsa.runner").joinpath("page.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source)


@cache
def _figure_style() -> str:
    from pdsa.figures import STYLE

    return STYLE
