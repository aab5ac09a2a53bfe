"""The built wheel in an environment of its own, without any tool of developers: what a school's laptop gets."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 900


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def laptop(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and its own dependencies; the folder of its programs."""
    folder = tmp_path_factory.mktemp("laptop") / "venv"
    run(sys.executable, "-m", "venv", folder, cwd=ROOT)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    pip = (programs / "python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-compile")
    run(*pip, "--constraint", ROOT / "constraints.txt", wheel, cwd=ROOT)
    return programs


def test_the_wheel_holds_the_package_and_its_notebooks_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    stem = wheel.name.split("-py3")[0]
    assert {name.split("/")[0] for name in names} == {"pdsa", f"{stem}.dist-info", f"{stem}.data"}
    # what is laid beside the package is the kernelspec alone
    data = [name for name in names if name.startswith(f"{stem}.data/")]
    assert data == [f"{stem}.data/data/share/jupyter/kernels/pdsa/kernel.json"]
    for notebook in ("school_report", "network_report", "workbench"):
        assert f"pdsa/notebooks/{notebook}.ipynb" in names
    assert "pdsa/runner/page.html.j2" in names
    assert "pdsa/index.html.j2" in names
    assert "pdsa/log/migrations/versions/s0003_members.py" in names


def test_no_developers_tool_comes_with_it(laptop: Path) -> None:
    listed = run(laptop / "python", "-m", "pip", "list", "--format=freeze", cwd=ROOT).casefold()
    for tool in ("pytest", "ruff", "mypy", "hypothesis", "nbval", "playwright", "import-linter", "pandas-stubs"):
        assert f"\n{tool}==" not in f"\n{listed}"


def test_it_makes_reports_without_make_or_git(laptop: Path, tmp_path: Path) -> None:
    pdsa = laptop / "pdsa"
    assert "pdsa, version" in run(pdsa, "--version", cwd=tmp_path)
    run(pdsa, "example", "my-network", cwd=tmp_path)
    told = run(pdsa, "report", "my-network/params/example.yaml", "--only", "0107", cwd=tmp_path)
    index = tmp_path / told.splitlines()[-1]
    assert index.name == "index.html"
    assert "Tarnwick High School" in index.read_text(encoding="utf-8")
    assert (tmp_path / "outputs" / "example" / "team" / "0107" / "report.html").is_file()
