"""A job as a JSON file that any machine can carry out, and the gate through which such a file comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.kernels import Limits, check_parameters
from pdsa.params.words import problem_of
from pdsa.publish import digest, disk
from pdsa.runner.job import Job
from pdsa.runner.keys import differences, job_key, surroundings
from pdsa.runner.plan import NOTEBOOKS, notebook_path
from pdsa.terms import Audience

FILES = "files"  # the folder beside the orders that holds what their notebooks read, each file under its hash
ORDER_LIMIT, FILE_LIMIT = 1_000_000, 256_000_000  # bytes
NOT_STARTED = "no kernel was started"
_SAME = (
    "name",
    "audience",
    "school",
    "title",
    "banner",
    "expected",
    "about",
    "key",
    "own",
)  # in a job and in its order

Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Plain = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9]{1,8})?$")]
Word = Annotated[str, Field(max_length=80)]
Text = Annotated[str, Field(max_length=1000)]


class _Form(BaseModel):
    """Keys that nobody knows are errors, and nothing is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Notebook(_Form):
    """A notebook of the package by name; another one by its path too."""

    name: Annotated[str, Field(max_length=200)]
    sha256: Hash
    path: Text = ""


class _Limits(_Form):
    cell_seconds: Annotated[float, Field(gt=0, le=86_400)]
    report_seconds: Annotated[float, Field(gt=0, le=86_400)]
    memory_mb: Annotated[int, Field(gt=0, le=1_000_000)]
    printed_mb: Annotated[int, Field(gt=0, le=1_000)]
    output_mb: Annotated[int, Field(gt=0, le=10_000)]


class _Order(_Form):
    order: Literal[1]
    made_with: Annotated[dict[Word, Word], Field(max_length=40)]
    run: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_-]{0,99}$")]
    network: Text
    name: Text
    notebook: _Notebook
    parameters: Annotated[dict[str, JsonValue], Field(max_length=100)]
    files: Annotated[dict[Plain, Hash], Field(max_length=20)]
    audience: Audience
    school: Text
    target: Text
    title: Text
    banner: Text
    expected: Text
    about: Literal["data", "log"]
    key: Annotated[str, Field(pattern="^[0-9a-f]{0,64}$")]
    own: Annotated[str, Field(pattern="^[0-9a-f]{0,64}$")]
    before: Annotated[str, Field(pattern="^[0-9a-f]{0,64}$")] = ""
    limits: _Limits


@dataclass(frozen=True, slots=True)
class Order:
    """A job, its limits, its run and network, and the key of the page that stood when it was ordered ("" for none)."""

    job: Job
    limits: Limits
    run: str
    network: str
    before: str = ""


def is_packaged(notebook: Path) -> bool:
    """Return whether a notebook is one of the package's, which every machine has."""
    return notebook.name in NOTEBOOKS and notebook.resolve() == notebook_path(notebook.name).resolve()


def write_order(folder: Path, name: str, order: Order) -> Path:
    """Write one order, and what its notebook reads beside it; return the path of the order.

    Nothing is forced to the disk: who reads it knows the hashes, and an order that a power cut broke is made anew.

    Parameters
    ----------
    folder
        Where orders lie; the files of all of them share its folder `files`.
    name
        Plain name of the order, without `.json`.
    order
        What to write.
    """
    job = order.job
    files = {file: digest(data) for file, data in job.files.items()}
    disk.make_folder(folder / FILES)
    for file, data in job.files.items():
        place = folder / FILES / files[file]
        if not place.exists():
            disk.write(place, data)
    path = {} if is_packaged(job.notebook) else {"path": str(job.notebook.resolve())}
    text = {
        "order": 1,
        "made_with": surroundings(),
        "run": order.run,
        "network": order.network,
        "before": order.before,
        "notebook": {"name": job.notebook.name, "sha256": digest(job.notebook), **path},
        "parameters": dict(job.parameters),
        "files": files,
        "target": job.target.as_posix(),
        "limits": asdict(order.limits),
        **{name: getattr(job, name) for name in _SAME},
    }
    disk.write(
        folder / f"{name}.json", (json.dumps(text, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
    )
    return folder / f"{name}.json"


def read_order(path: Path, allowed: Sequence[Path] = ()) -> Order:
    """Return the order that a file holds, or refuse it: whoever may write files need not be trusted with code.

    Parameters
    ----------
    path
        The JSON file; what the notebook reads lies beside it in `files/`.
    allowed
        Notebooks that may be run beside those of the package.

    Raises
    ------
    ParamsError
        With every problem: of its form, of hashes, of names and places, or because another pdsa wrote it.
    """
    form = _checked(_Order, _json(path), path)
    problems = list(_other_surroundings(form))
    notebook = _notebook(form, allowed, problems)
    problems += _place_problems(form)
    files = {name: _file(path.parent / FILES / sha256, name, sha256, problems) for name, sha256 in form.files.items()}
    job = Job(
        notebook=notebook, parameters=form.parameters, target=Path(form.target), files=files,
        **{name: getattr(form, name) for name in _SAME},
    )  # fmt: skip
    if not problems:
        problems += _gate(job)
    if problems:
        raise _refusal(path, problems)
    return Order(job, Limits(**form.limits.model_dump()), form.run, form.network, form.before)


def _refusal(path: Path, problems: Sequence[Problem]) -> ParamsError:
    step = (
        "do as it says, or write the orders anew: pdsa report PARAMS --jobs FOLDER, by the pdsa that carries them out"
    )
    return ParamsError(path.name, tuple(problems), NOT_STARTED, step)


def _json(path: Path) -> Any:
    """What the file holds; nothing in it may stand twice or be without measure."""
    try:
        with path.open("rb") as file:
            data = file.read(ORDER_LIMIT + 1)
    except FileNotFoundError:
        missing = Problem("the file", f"nothing at {path}", "an order that pdsa report --jobs wrote")
        step = "name one of those in the folder that was given with --jobs, such as FOLDER/1.json"
        raise ParamsError(path.name, (missing,), NOT_STARTED, step) from None
    if len(data) > ORDER_LIMIT:
        problem = Problem("the file", f"more than {ORDER_LIMIT // 1_000_000} MB", "an order as pdsa writes it")
        raise _refusal(path, [problem])
    try:
        return json.loads(data, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        found = "lists within lists without end" if isinstance(error, RecursionError) else f"no JSON ({error})"
        raise _refusal(path, [Problem("the file", found[:300], "an order as pdsa writes it")]) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r:.80} stands twice")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _checked(model: type[_Order], data: Any, path: Path) -> _Order:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _refusal(path, [problem_of(model, one) for one in error.errors()]) from None


def _other_surroundings(form: _Order) -> Iterator[Problem]:
    """Another pdsa, or other packages, could make another page under the same key."""
    if told := differences(form.made_with):
        yield Problem("made_with", *told)


def _notebook(form: _Order, allowed: Sequence[Path], problems: list[Problem]) -> Path:
    """The file of the notebook; one that is not of the package must be among those that were allowed."""
    name, place = form.notebook.name, Path(form.notebook.path)
    if form.notebook.path:
        path = place if place.name == name and place in {one.resolve() for one in allowed} else None
        expected = "a notebook that was allowed with --notebook"
    else:
        path = notebook_path(name) if name in NOTEBOOKS else None
        expected = f"a notebook of the package: {', '.join(NOTEBOOKS)}"
    if path is None or not path.is_file():
        problems.append(Problem("notebook", repr(form.notebook.path or name)[:200], expected))
        return Path(name)
    if digest(path) != form.notebook.sha256:
        problems.append(Problem("notebook.sha256", f"another notebook named {name}", "the one the order was made for"))
    return path


def _place_problems(form: _Order) -> Iterator[Problem]:
    """A page stays in the folder of its readers, and its notebook reads what came with the order."""
    target = PurePosixPath(form.target)
    plain = target.parts[:1] == (form.audience,) and len(target.parts) > 1 and ".." not in target.parts
    if not plain or target.suffix != ".html" or "\\" in form.target or not form.target.isprintable():
        yield Problem("target", repr(form.target)[:200], f"a page such as {form.audience}/lincoln/report.html")
    source = form.parameters.get("source")
    if source is not None and source not in form.files:
        yield Problem("parameters.source", repr(source)[:200], f"one of its files: {', '.join(form.files) or 'none'}")


def _file(place: Path, name: str, sha256: str, problems: list[Problem]) -> bytes:
    data = place.read_bytes() if place.is_file() and place.stat().st_size <= FILE_LIMIT else None
    if data is None:
        problems.append(Problem(f"files.{name}", f"no file {place.name[:12]}... beside it", "the file it names"))
    elif digest(data) != sha256:
        problems.append(Problem(f"files.{name}", "bytes that are not those of the hash", "the file as it was written"))
    return data or b""


def _gate(job: Job) -> tuple[Problem, ...]:
    """What every job passes before a kernel starts; its place is looked at when it is written."""
    try:
        check_parameters(job.notebook, job.parameters)
    except InputError as error:
        return error.problems
    if job.key and job.key != job_key(job):
        return (Problem("key", "another key than that of what the order holds", "the order as it was written"),)
    return ()


__all__ = ["Order", "is_packaged", "read_order", "write_order"]
