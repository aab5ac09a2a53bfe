"""Jobs become pages, or say why not; what a page shows and what it never shows."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest

from pdsa.errors import ParamsError, ReportError
from pdsa.kernels import Limits
from pdsa.publish import digest
from pdsa.runner import Job, LocalPool, Result, render_page, run_jobs

MARK = "display({'application/vnd.pdsa.complete+json': {'id': school, 'points': 60}}, raw=True)"
HOSTILE = "<script>alert(1)</script> snacks $5 (10%) $10 javascript:alert(1) {{ 7 * 7 }} </main> & \"'"
TO_ITS_END = "expected a cell that runs to its end."
NOT_PUBLISHED = "expected 'lincoln'; it was not published."
ENDED = "the notebook ended before its last cell, expected one."
NO_WARNING = "expected no warning in a cell of the page."
PLAIN_NAME = "expected a text, and a name such as points.csv."
Cell = tuple[str, tuple[str, ...]]


def page(source: str, *tags: str) -> Cell:
    return source, ("page", *tags)


def other(source: str) -> Cell:
    return source, ()


NOTEBOOKS: dict[str, Sequence[Cell]] = {
    "good": [
        page("display(HTML(f'<h1 class=\"pdsa-headline\">{school}</h1>'))", "header"),
        page("print('printed'); print('warned only here', file=sys.stdout)\ndisplay(HTML('<svg role=\"img\"></svg>'))"),
        page("class Text:\n    def __repr__(self): return 'One.\\nTwo.'\nText()"),
        page("display({'application/vnd.pdsa.file+json': {'name': 'points.csv', 'text': 'a\\n1\\n'}}, raw=True)"),
        page("'the foot'", "footer"),
        other("print('warned', file=sys.stderr)\n'not on the page'"),
        other(MARK),
    ],
    "hostile": [page(f"class Text:\n    def __repr__(self): return {HOSTILE!r}\nText()"), other(MARK)],
    "broken": [page("'first'"), page("{'a': 1}['b']"), other(MARK)],
    "exit": [page("'first'"), other("sys.exit(0)"), other(MARK)],
    "no_mark": [other(MARK), page("'the mark is not in the last cell'")],
    "wrong_id": [page("'first'"), other(MARK.replace("school", "'adams'"))],
    "warns": [page("print('DeprecationWarning: x', file=sys.stderr)"), other(MARK)],
    "dies": [page("import os\nos._exit(1)"), other(MARK)],
    "hangs": [page("import time\ntime.sleep(60)"), other(MARK)],
    "huge": [page("display(HTML('x' * 3_000_001))"), other(MARK)],
    "escapes": [
        page("display({'application/vnd.pdsa.file+json': {'name': '../x.csv', 'text': ''}}, raw=True)"),
        other(MARK),
    ],
}


def write_notebook(path: Path, cells: Sequence[Cell]) -> Path:
    notebook = nbformat.v4.new_notebook()
    first = nbformat.v4.new_code_cell('school = ""', metadata={"tags": ["parameters"]})
    imports = nbformat.v4.new_code_cell("import sys\nfrom IPython.display import HTML, display")
    rest = [nbformat.v4.new_code_cell(source, metadata={"tags": list(tags)}) for source, tags in cells]
    notebook.cells = [first, imports, *rest]
    nbformat.write(notebook, path)
    return path


def make_job(folder: Path, name: str, **changes: Any) -> Job:
    notebook = folder / f"{name}.ipynb"
    if name in NOTEBOOKS and not notebook.exists():
        write_notebook(notebook, NOTEBOOKS[name])
    values: dict[str, Any] = {
        "name": name,
        "notebook": notebook,
        "parameters": {"school": "lincoln"},
        "audience": "team",
        "school": "lincoln",
        "target": Path(f"team/{name}/report.html"),
        "title": "Lincoln & friends",
        "banner": "For the <team> only",
        "expected": "lincoln",
    }
    return Job(**values | changes)


class Reader(HTMLParser):
    """Elements and visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def told() -> list[tuple[str, str]]:
    return []


@pytest.fixture(scope="module")
def results(folder: Path, told: list[tuple[str, str]]) -> dict[str, Result]:
    """Every notebook above, run together once; an older page lies where each of them would be written."""
    jobs = [make_job(folder, name) for name in NOTEBOOKS]
    for job in jobs:
        (folder / "out" / job.target).parent.mkdir(parents=True)
        (folder / "out" / job.target).write_text("old")
    mine = threading.get_ident()

    def on_done(result: Result) -> None:
        assert threading.get_ident() == mine
        told.append((result.job.name, result.status))

    done = run_jobs(jobs, folder / "out", pool=LocalPool(4, Limits(cell_seconds=6)), on_done=on_done)
    assert [result.job for result in done] == jobs
    return {result.job.name: result for result in done}


def failure(result: Result) -> str:
    """What the reader of a failed result is told, after checking that the older page stands."""
    assert result.status == "failed"
    assert (result.path, result.sha256, result.files, result.marker) == (None, "", (), {})
    assert result.problem is not None
    assert result.next_step
    return str(result.problem)


class TestRunJobs:
    def test_a_report_is_published_with_its_files(self, folder: Path, results: dict[str, Result]) -> None:
        result = results["good"]
        assert (result.status, result.problem, result.next_step) == ("ok", None, "")
        assert result.path == (folder / "out/team/good/report.html").resolve()
        assert result.sha256 == digest(result.path)
        assert result.files == (result.path.with_name("report-points.csv"),)
        assert result.files[0].read_bytes() == b"a\n1\n"
        assert result.marker == {"id": "lincoln", "points": 60}
        assert result.seconds > 0

    def test_the_page_holds_what_page_cells_displayed(self, results: dict[str, Result]) -> None:
        path = results["good"].path
        assert path is not None
        text = path.read_text(encoding="utf-8")
        assert '<h1 class="pdsa-headline">lincoln</h1>' in text
        assert '<svg role="img"></svg>' in text
        assert "<p>One.</p>\n<p>Two.</p>" in text
        for hidden in ("printed", "warned", "not on the page", "display(", "points", "<dict", "mime"):
            assert hidden not in text

    def test_hostile_text_is_only_text(self, results: dict[str, Result]) -> None:
        path = results["hostile"].path
        assert path is not None
        reader = Reader(path.read_text(encoding="utf-8"))
        assert HOSTILE in reader.words
        assert "script" not in reader.elements

    def test_one_failure_does_not_stop_the_others(self, results: dict[str, Result]) -> None:
        assert {name for name, result in results.items() if result.status == "ok"} == {"good", "hostile"}

    def test_each_result_is_told_once_as_it_comes(
        self, results: dict[str, Result], told: list[tuple[str, str]]
    ) -> None:
        assert sorted(told) == sorted((name, result.status) for name, result in results.items())

    def test_a_failed_report_leaves_the_old_page(self, folder: Path, results: dict[str, Result]) -> None:
        for name in NOTEBOOKS.keys() - {"good", "hostile"}:
            assert [path.name for path in (folder / "out/team" / name).iterdir()] == ["report.html"]
            assert (folder / "out/team" / name / "report.html").read_text() == "old"

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("broken", "broken.ipynb, cell 4: found KeyError: 'b', " + TO_ITS_END),
            ("exit", "exit.ipynb, cell 4: found SystemExit: 0, " + TO_ITS_END),
            ("dies", "dies.ipynb, cell 3: found the kernel ended itself with exit code 1, " + TO_ITS_END),
            ("hangs", "hangs.ipynb, cell 3: found the cell ran longer than 6 seconds, " + TO_ITS_END),
            ("no_mark", "no_mark.ipynb: found no completion mark: " + ENDED),
            ("wrong_id", "wrong_id.ipynb: found that the report was made for 'adams', " + NOT_PUBLISHED),
            ("warns", "warns.ipynb, cell 3: found the warning 'DeprecationWarning: x', " + NO_WARNING),
            ("huge", "team/huge/report.html: found a page of 3.0 MB, expected at most 3 MB."),
            ("escapes", "escapes.ipynb, cell 3: found a file named '../x.csv', " + PLAIN_NAME),
        ],
    )
    def test_a_failure_tells_place_found_and_expected(
        self, results: dict[str, Result], name: str, message: str
    ) -> None:
        assert failure(results[name]) == message

    def test_the_same_job_makes_the_same_bytes(self, folder: Path, tmp_path: Path, results: dict[str, Result]) -> None:
        (again,) = run_jobs([make_job(folder, "good")], tmp_path)
        assert again.sha256 == results["good"].sha256

    def test_a_page_that_cannot_be_written_is_a_failed_report(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "team").write_text("a file where the folder should be")
        (result,) = run_jobs([make_job(folder, "hostile")], tmp_path)
        assert failure(result) == "team: found a file, expected a folder or nothing there."

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
    def test_where_temporary_files_have_no_room_their_folder_is_told(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        """The system names no file when it cannot write to one that is open."""

        def full(*args: object, **kwargs: object) -> str:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
        monkeypatch.setattr(tempfile, "mkdtemp", full)
        (result,) = run_jobs([make_job(folder, "good")], tmp_path / "out", pool=LocalPool(1, Limits()))
        assert str(result.problem) == (
            f"{tmp_path / 'scratch'}, the folder for temporary files: found no space left on its disk, "
            "expected room for what a notebook needs while it runs."
        )
        assert result.next_step == (
            "free space there, or set TMPDIR to a folder on a disk that has some, and run the same command again"
        )

    def test_no_jobs_make_no_results(self, tmp_path: Path) -> None:
        assert run_jobs([], tmp_path) == []


class TestGate:
    def refused(self, jobs: Sequence[Job], out: Path) -> str:
        with pytest.raises(ParamsError, match="no kernel was started") as caught:
            run_jobs(jobs, out)
        assert not out.exists()
        return str(caught.value)

    def test_the_problems_of_all_jobs_come_at_once(self, tmp_path: Path) -> None:
        jobs = [
            make_job(tmp_path, "good", parameters={"schol": "lincoln"}),
            make_job(tmp_path, "broken", parameters={"school": ("lincoln",)}),
            make_job(tmp_path, "exit", target=Path("../report.html")),
            make_job(tmp_path, "warns", target=Path("/report.html")),
            make_job(tmp_path, "missing"),
        ]
        message = self.refused(jobs, tmp_path / "out")
        assert "5 problems found" in message
        assert "good, parameter 'schol': found a name that the notebook does not declare, expected 'school'" in message
        assert "exit, ../report.html: found a place outside the output folder" in message

    def test_two_jobs_cannot_have_one_target(self, tmp_path: Path) -> None:
        jobs = [make_job(tmp_path, "good"), make_job(tmp_path, "broken", target=Path("team/GOOD/report.html"))]
        assert "broken: found the target team/GOOD/report.html of good" in self.refused(jobs, tmp_path / "out")


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_kernels_and_leaves_old_pages(tmp_path: Path) -> None:
    slow = page(f"import os, time\nopen({str(tmp_path)!r} + f'/{{os.getpid()}}.pid', 'w').close()\ntime.sleep(60)")
    write_notebook(tmp_path / "slow.ipynb", [slow, other(MARK)])
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "0.html").write_text("old")
    code = (
        "from pathlib import Path; from pdsa.runner import Job, run_jobs\n"
        "jobs = [Job(str(n), Path('slow.ipynb'), {'school': 'x'}, 'team', 'x', Path(f'{n}.html'), '', '', 'x')\n"
        "        for n in range(4)]\n"
        "run_jobs(jobs, Path('out'))"
    )
    run = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    while len(kernels := sorted(tmp_path.glob("*.pid"))) < 2:
        assert run.poll() is None
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=20)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert sorted(tmp_path.glob("*.pid")) == kernels
    for kernel in kernels:
        with pytest.raises(ProcessLookupError):
            os.kill(int(kernel.stem), 0)
    assert [(path.name, path.read_text()) for path in (tmp_path / "out").iterdir()] == [("0.html", "old")]


def displayed(data: dict[str, object], *tags: str) -> nbformat.NotebookNode:
    """A page cell that displayed these data."""
    output = nbformat.v4.new_output("display_data", data=data)
    return nbformat.v4.new_code_cell("code", metadata={"tags": ["page", *tags]}, outputs=[output])


def rendered(*cells: nbformat.NotebookNode, **changes: Any) -> str:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = list(cells)
    return render_page(notebook, make_job(Path(), "x", **changes))


class TestRenderPage:
    def test_the_page_stands_alone(self) -> None:
        text = rendered(displayed({"text/html": "<p>x</p>"}))
        assert text.startswith('<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">')
        assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in text
        assert "<title>Lincoln &amp; friends</title>" in text
        assert '<p role="note" class="pdsa-banner">For the &lt;team&gt; only</p>' in text
        assert not re.search(r"https?://|@import|url\(|<script|<link", text)
        assert not {"script", "link", "iframe", "object", "form"} & set(Reader(text).elements)

    def test_it_has_one_heading_and_its_landmarks(self) -> None:
        plain = Reader(rendered(displayed({"text/html": "<p>x</p>"}, "footer")))
        titled = Reader(rendered(displayed({"text/html": "<h1>x</h1>"}, "header")))
        assert [plain.elements.count(name) for name in ("h1", "header", "main", "footer")] == [1, 1, 1, 1]
        assert [titled.elements.count(name) for name in ("h1", "header", "main", "footer")] == [1, 1, 1, 0]

    @pytest.mark.parametrize(
        ("audience", "target", "about", "home"),
        [
            ("coach", "coach/network.html", "data", '<a href="index.html">All reports for the coach</a>'),
            ("coach", "coach/log.html", "log", '<a href="index.html">All reports for the coach</a>'),
            ("district", "district/network.html", "data", '<a href="index.html">All reports for the district</a>'),
            (
                "district",
                "district/schools/0107.html",
                "data",
                '<a href="../index.html">All reports for the district</a>',
            ),
            ("team", "team/0107/log.html", "log", '<a href="report.html">The report of our school</a>'),
            ("team", "team/0107/report.html", "data", ""),
            ("network", "network/network.html", "data", ""),
        ],
    )
    def test_it_leads_back_to_the_index_of_its_audience(
        self, audience: str, target: str, about: str, home: str
    ) -> None:
        cell = displayed({"text/html": "<p>x</p>"})
        text = rendered(cell, audience=audience, target=Path(target), about=about)
        links = re.findall(r'<p class="pdsa-screen-only">(.*?)</p>', text)
        assert links == [home] * bool(home)
        assert ".pdsa-screen-only { display: none !important; }" in text.partition("@media print")[2]

    def test_without_a_banner_there_is_none(self) -> None:
        assert 'role="note"' not in rendered(banner="")

    def test_cells_go_where_their_tags_say_in_their_order(self) -> None:
        cells = [
            displayed({"text/html": f"<i>{n}</i>"}, *tags)
            for n, tags in enumerate([("footer",), (), ("header",), ("wide",)])
        ]
        text = rendered(*cells)
        assert [text.index(f"<i>{n}</i>") for n in (2, 1, 3, 0)] == sorted(text.index(f"<i>{n}</i>") for n in range(4))
        assert text.index("<i>2</i>") < text.index("<main>") < text.index("<i>1</i>")
        assert text.index("<i>3</i>") < text.index("<footer>") < text.index("<i>0</i>")

    def test_only_outputs_of_page_cells_are_shown(self) -> None:
        untagged = displayed({"text/plain": "secret"})
        untagged.metadata["tags"] = ["wide"]
        markdown = nbformat.v4.new_markdown_cell("secret", metadata={"tags": ["page"]})
        shouted = displayed({"text/plain": "seen"})
        shouted.source = "secret"
        shouted.outputs.append(nbformat.v4.new_output("stream", name="stdout", text="secret"))
        text = rendered(untagged, markdown, shouted)
        assert "seen" in text
        assert "secret" not in text

    def test_control_characters_cannot_break_the_page(self) -> None:
        text = rendered(displayed({"text/plain": "a\x00b\x1b[31mc\ud800d\r\ne"}))
        text.encode()
        assert "<p>a\ufffdb\ufffd[31mc\ufffdd\r</p>\n<p>e</p>" in text

    def test_marks_and_files_are_not_text(self) -> None:
        data = {"application/vnd.pdsa.complete+json": {"id": "x"}, "text/plain": "secret"}
        assert "secret" not in rendered(displayed(data))

    def test_an_error_in_a_page_cell_is_no_page(self) -> None:
        cell = displayed({"text/plain": "x"})
        cell.outputs.append(nbformat.v4.new_output("error", ename="E", evalue="v", traceback=[]))
        with pytest.raises(ReportError, match=r"x\.ipynb, cell 1: found E: v"):
            rendered(cell)

    def test_the_style_of_figures_comes_before_the_rules_for_print(self) -> None:
        from pdsa.figures import STYLE

        text = rendered()
        assert 0 < text.index(STYLE.strip()) < text.index("@media print {")

    def test_it_prints_on_letter_and_a4(self) -> None:
        style = rendered()
        assert "@page { margin: 6mm 9mm; }" in style
        assert ".pdsa-screen-only { display: none !important; }" in style
        assert ".pdsa-grid { grid-template-columns: 1fr 1fr;" in style
