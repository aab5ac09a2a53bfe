"""`pdsa lab`: the workbench in JupyterLab, opened on one network."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import click

WORKBENCH = "workbench.ipynb"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@click.option("--port", type=int, default=8888, show_default=True, help="First port to try.")
def lab(folder: Path, no_browser: bool, port: int) -> None:
    """Open the workbench on the network in FOLDER.

    A copy of the workbench notebook is put into FOLDER/notebooks if there is none yet.
    """
    from pdsa.workspace import open_workspace

    open_workspace(folder)  # tell what is wrong with the data here, not in a traceback of a notebook
    notebook = _place_workbench(folder.resolve())
    click.echo(f"Opening {notebook}; stop with Ctrl-C.")
    with tempfile.TemporaryDirectory(prefix="pdsa-lab-") as settings:
        sys.exit(_run(_command(folder.resolve(), no_browser, port), _environment(Path(settings))))


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run the server until it ends; being told to stop is passed on, so that no server is left behind."""
    with subprocess.Popen(command, env=environment) as server:  # noqa: S603 (this interpreter, our own words)
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        while True:
            try:
                return server.wait()
            except KeyboardInterrupt:
                continue  # the server got Ctrl-C too, and asks whether it shall stop


def _place_workbench(folder: Path) -> Path:
    """The folder's own workbench; a team's copy is never overwritten."""
    from pdsa.publish import write_atomic
    from pdsa.runner import notebook_path

    target = folder / "notebooks" / WORKBENCH
    if not target.exists():
        notebook = json.loads(notebook_path(WORKBENCH).read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if "parameters" in cell["metadata"].get("tags", ()):
                cell["source"] = 'source = ".."  # the folder of your network'
        write_atomic(target, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    return target


def _command(folder: Path, no_browser: bool, port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/doc/tree/notebooks/{WORKBENCH}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={not no_browser}",
        "--MappingKernelManager.cull_idle_timeout=3600",
        "--MappingKernelManager.cull_connected=False",
        "--LabApp.extension_manager=readonly",
        *(["--ServerApp.allow_root=True"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]


def _environment(settings: Path) -> dict[str, str]:
    """No question about news: nothing is fetched from outside."""
    folder = settings / "labconfig"
    folder.mkdir(parents=True)
    overrides = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    (folder / "default_setting_overrides.json").write_text(json.dumps(overrides), encoding="utf-8")
    known = os.environ.get("JUPYTER_CONFIG_PATH", "")
    return os.environ | {"JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [str(settings), known]))}
