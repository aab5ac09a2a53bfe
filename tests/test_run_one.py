"""Orders: the reports of a run one by one, on any machine; and what an order that was tampered with cannot do."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

from pdsa.cli import pdsa
from pdsa.errors import InputError
from pdsa.example import write_example
from pdsa.kernels import Limits, Parent
from pdsa.publish.lock import one_at_a_time
from pdsa.runner import Job, make, one
from pdsa.runner.keys import job_key
from pdsa.runner.one import make_one
from pdsa.runner.orders import Order, read_order, write_order
from pdsa.runner.warm import warm_reports

MARK = "display({'application/vnd.pdsa.complete+json': {'id': school}}, raw=True)"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of three schools, and the orders of its first school."""
    folder = tmp_path_factory.mktemp("desk")
    write_example(folder / "net", schools=3)
    done = invoke(folder, "report", "net/params/example.yaml", "--only", "0107", "--jobs", "jobs")
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def parent() -> Iterator[Parent | None]:
    with warm_reports() as warm:
        yield warm


def invoke(folder: Path, *words: str) -> Any:
    before = Path.cwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(pdsa, list(words), catch_exceptions=True)
    finally:
        os.chdir(before)


def test_an_order_that_is_not_there_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        read_order(tmp_path / "999.json")
    assert str(told.value).splitlines() == [
        "999.json: 1 problem found; no kernel was started.",
        f"  the file: found nothing at {tmp_path}/999.json, expected an order that pdsa report --jobs wrote.",
        "  Next: name one of those in the folder that was given with --jobs, such as FOLDER/1.json.",
    ]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def orders(folder: Path) -> list[Path]:
    return sorted((folder / "jobs").glob("*.json"), key=lambda path: int(path.stem))


def test_reports_made_one_by_one_are_those_of_a_run(
    desk: Path, parent: Parent | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(one, "make", partial(make, parent=parent))
    assert len(orders(desk)) >= 3
    for path in orders(desk):
        assert make_one(path, desk / "outputs").status == "ok"
    assert {make_one(path, desk / "outputs").status for path in orders(desk)} == {"unchanged"}
    again = invoke(desk, "report", "net/params/example.yaml", "--only", "0107")
    assert f"0 reports made, {len(orders(desk))} unchanged, 0 failed" in again.output
    assert invoke(desk, "report", "net/params/example.yaml", "--only", "0107", "--out", "whole").exit_code == 0
    pages = {path: data for path, data in contents(desk / "outputs").items() if path.endswith((".html", ".csv"))}
    assert pages and pages == {p: d for p, d in contents(desk / "whole").items() if p.endswith((".html", ".csv"))}
    assert (desk / "outputs" / "example" / "manifest.json").is_file()
    folder = desk / "whole/example"
    texts = {page: page.read_text("utf-8") for page in folder.rglob("*.html")}
    links = [(page, one) for page, text in texts.items() for one in re.findall('href="([^"#]+)', text)]
    assert (folder / "district/schools/0107.html", "../archive.html") in links
    assert [str(page) for page, address in links if not (page.parent / address).exists()] == []
    none = invoke(desk, "report", "net/params/example.yaml", "--only", "0107", "--jobs", "none")
    assert none.output.startswith("0 reports need making")


def test_orders_go_into_a_folder_of_their_own_and_no_cluster_makes_them(desk: Path) -> None:
    words = ("report", "net/params/example.yaml", "--only", "0107", "--jobs")
    again = invoke(desk, *words, "jobs")
    assert isinstance(again.exception, InputError)
    assert "--jobs: found jobs, which holds something already" in str(again.exception)
    both = invoke(desk, *words, "more", "--on", "scheduler")
    assert both.exit_code == 2 and "give one" in both.output
    assert not (desk / "more").exists()
    assert (desk / "jobs").stat().st_mode & 0o077 == 0


def test_the_command_says_in_one_line_what_became_of_it(tmp_path: Path) -> None:
    good = order_of(tmp_path / "good", MARK)
    key = json.loads(good.read_text(encoding="utf-8"))["key"]
    bad = order_of(tmp_path / "bad", "{'a': 1}['b']", before=key)
    words = ("--notebook", "good/plain.ipynb", "--notebook", "bad/plain.ipynb")
    made = invoke(tmp_path, "run-one", str(good), *words)
    assert made.exit_code == 0, made.output
    assert made.stdout.splitlines()[0].split(" s  ")[1].startswith("team, lincoln, ")
    failed = invoke(tmp_path, "run-one", str(bad), *words, "--json-lines")
    assert failed.exit_code == 1
    told = json.loads(failed.stdout)
    assert (told["report"], told["status"], told["path"]) == ("team, lincoln", "failed", "")
    assert told["problem"] == "plain.ipynb, cell 2: found KeyError: 'b', expected a cell that runs to its end."
    page = tmp_path / "outputs" / "ours" / "team" / "lincoln" / "report.html"
    assert page.is_file()  # the good page of before stands


def test_an_order_never_takes_the_place_of_a_newer_page(tmp_path: Path) -> None:
    """What waited in a queue while the data were corrected is refused."""
    new, old = order_of(tmp_path / "new", MARK), order_of(tmp_path / "old", "'other numbers'", MARK)
    allowed = [tmp_path / name / "plain.ipynb" for name in ("new", "old")]
    page = Path(str(make_one(new, tmp_path / "outputs", allowed).path))
    before = page.read_bytes()
    with pytest.raises(InputError, match="a page that was made after this order was written"):
        make_one(old, tmp_path / "outputs", allowed)
    assert page.read_bytes() == before


def order_of(folder: Path, *sources: str, before: str = "", **changes: Any) -> Path:
    """An order with a notebook of one's own."""
    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.v4.new_notebook()
    first = nbformat.v4.new_code_cell('school = ""\nsource = ""', metadata={"tags": ["parameters"]})
    page = {"tags": ["page"]}
    notebook.cells = [first, *(nbformat.v4.new_code_cell(source, metadata=page) for source in sources)]
    nbformat.write(notebook, folder / "plain.ipynb")
    values: dict[str, Any] = {
        "name": "team, lincoln", "notebook": folder / "plain.ipynb", "audience": "team", "school": "lincoln",
        "parameters": {"school": "lincoln", "source": "release.npz"}, "target": Path("team/lincoln/report.html"),
        "title": "Lincoln", "banner": "", "expected": "lincoln", "files": {"release.npz": b"numbers"},
    }  # fmt: skip
    job = Job(**values | changes)
    job = replace(job, key=job.key or job_key(job))
    return write_order(folder, "1", Order(job, Limits(cell_seconds=60), "ours", "our-network", before))


def change(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def deep(path: Path) -> None:
    path.write_text("[" * 100_000, encoding="utf-8")


def named(name: str, value: object = 1) -> dict[str, object]:
    return {"school": "lincoln", "source": "release.npz", name: value}


TAMPERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "too large": (lambda p: p.write_text(" " * 1_000_001), "found more than 1 MB"),
    "too deep": (deep, "lists within lists without end"),
    "no JSON": (lambda p: p.write_text("{'a': 1}"), "no JSON"),
    "no text": (lambda p: p.write_bytes(b"\xff\xfe\x00"), "no JSON"),
    "a list": (lambda p: p.write_text("[]"), "expected keys and values"),
    "a key twice": (lambda p: replaced(p, '"about"', '"title": "x", "about"'), "the key 'title' stands twice"),
    "no number": (lambda p: change(p, parameters=named("school", float("nan"))), "NaN is no number"),
    "an unknown key": (lambda p: change(p, comand="rm"), "comand: found an unknown key"),
    "a key less": (lambda p: replaced(p, '"title"', '"titel"'), "title: found nothing, expected a value"),
    "another type": (lambda p: change(p, school=7), "school: found 7"),
    "code in a parameter's name": (
        lambda p: change(p, parameters=named('x=open("PWNED","w");y')),
        "a name that the notebook does not declare",
    ),
    "a line break in a parameter's name": (
        lambda p: change(p, parameters=named("school\nimport os")),
        "a name that the notebook does not declare",
    ),
    "another place": (lambda p: change(p, target="../../x.html"), "target: found '../../x.html'"),
    "a place within, up and out": (lambda p: change(p, target="team/../../x.html"), "target: found"),
    "an absolute place": (lambda p: change(p, target="/tmp/x.html"), "target: found '/tmp/x.html'"),
    "a place of other readers": (lambda p: change(p, target="district/lincoln.html"), "expected a page such as team/"),
    "no page": (lambda p: change(p, target="team/lincoln/run.sh"), "target: found 'team/lincoln/run.sh'"),
    "a backslash": (lambda p: change(p, target="team\\..\\x.html"), "target: found"),
    "another run": (lambda p: change(p, run="../elsewhere"), "run: found '../elsewhere'"),
    "unknown readers": (lambda p: change(p, audience="everybody"), "audience: found 'everybody'"),
    "another notebook": (
        lambda p: change(p, notebook={"name": "x.ipynb", "sha256": "0" * 64, "path": "/tmp/x.ipynb"}),
        "notebook: found '/tmp/x.ipynb', expected a notebook that was allowed with --notebook",
    ),
    "a notebook that the package lacks": (
        lambda p: change(p, notebook={"name": "../x.ipynb", "sha256": "0" * 64}),
        "notebook: found '../x.ipynb', expected a notebook of the package",
    ),
    "a notebook of the package that changed": (
        lambda p: change(p, notebook={"name": "school_report.ipynb", "sha256": "0" * 64}),
        "notebook.sha256: found another notebook named school_report.ipynb",
    ),
    "other data": (
        lambda p: next((p.parent / "files").iterdir()).write_bytes(b"others"),
        "files.release.npz: found bytes that are not those of the hash",
    ),
    "no data": (lambda p: shutil.rmtree(p.parent / "files"), "files.release.npz: found no file"),
    "data elsewhere": (lambda p: change(p, files={"../../x": "0" * 64}), "files.../../x"),
    "data of the machine": (
        lambda p: change(p, parameters=named("source", "/etc/passwd")),
        "parameters.source: found '/etc/passwd', expected one of its files: release.npz",
    ),
    "a key that vouches for another page": (lambda p: change(p, key="0" * 64), "key: found another key"),
    "another pdsa": (lambda p: change(p, made_with={"numpy": "1.0"}), "made_with: found "),
    "no limits": (
        lambda p: change(p, limits={"cell_seconds": 1e9, "report_seconds": 1e9, "memory_mb": 1, "printed_mb": 1,
                                    "output_mb": 1}),
        "limits.cell_seconds: found 1000000000.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_an_order_that_was_tampered_with_starts_nothing(name: str, tmp_path: Path) -> None:
    path = order_of(tmp_path / "orders", MARK)
    tamper, told = TAMPERED[name]
    tamper(path)
    before = contents(tmp_path)
    with pytest.raises(InputError) as caught:
        make_one(path, tmp_path / "outputs", [tmp_path / "orders" / "plain.ipynb"])
    assert told in str(caught.value)
    assert caught.value.exit_code == 2 and caught.value.consequence == "no kernel was started"
    assert contents(tmp_path) == before


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    path = order_of(tmp_path, MARK)
    change(path, target="/x", parameters=named("source", "x"), notebook={"name": "x", "sha256": "0" * 64})
    with pytest.raises(InputError) as caught:
        read_order(path)
    assert [problem.place for problem in caught.value.problems] == ["notebook", "target", "parameters.source"]


def test_an_order_comes_back_as_the_job_that_it_was(tmp_path: Path) -> None:
    path = order_of(tmp_path, MARK, school="007", parameters={"school": "007", "source": "release.npz"})
    order = read_order(path, [tmp_path / "plain.ipynb"])
    assert order.job.parameters == {"school": "007", "source": "release.npz"}
    assert order.job.files == {"release.npz": b"numbers"}
    assert (order.run, order.network, order.limits) == ("ours", "our-network", Limits(cell_seconds=60))
    assert (order.job.target, order.job.expected, order.job.about) == (
        Path("team/lincoln/report.html"), "lincoln", "data",
    )  # fmt: skip


def test_a_key_must_be_that_of_what_the_order_holds(tmp_path: Path) -> None:
    path = order_of(tmp_path, MARK)
    job = read_order(path, [tmp_path / "plain.ipynb"]).job
    change(path, key=job_key(job))
    assert read_order(path, [tmp_path / "plain.ipynb"]).job.key == job_key(job)
    change(path, title="Another")
    with pytest.raises(InputError, match="key: found another key"):
        read_order(path, [tmp_path / "plain.ipynb"])


def test_a_whole_run_keeps_single_reports_out(tmp_path: Path) -> None:
    path = order_of(tmp_path / "orders", MARK)
    with (
        one_at_a_time(tmp_path / "outputs" / "ours"),
        pytest.raises(InputError, match="another run that is not done yet"),
    ):
        make_one(path, tmp_path / "outputs", [tmp_path / "orders" / "plain.ipynb"])


def test_reports_of_two_networks_do_not_meet(tmp_path: Path) -> None:
    path = order_of(tmp_path / "orders", MARK)
    run = tmp_path / "outputs" / "ours"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text('{"network": {"id": "theirs"}}')
    with pytest.raises(InputError, match="reports of the network theirs"):
        make_one(path, tmp_path / "outputs", [tmp_path / "orders" / "plain.ipynb"])


def test_being_asked_to_end_ends_the_kernel_and_writes_nothing(tmp_path: Path) -> None:
    path = order_of(tmp_path, "import time, pathlib\npathlib.Path('begun').touch()\ntime.sleep(60)", MARK)
    words = ["run-one", str(path), "--notebook", "plain.ipynb"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-m", "pdsa", *words], cwd=tmp_path, env=environment)
    until = time.monotonic() + 60
    while not any("begun" in names for _, _, names in os.walk(tmp_path)) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    assert not list(tmp_path.glob("pdsa-*"))
    assert not list((tmp_path / "outputs").rglob("*.html"))
