"""The gate before any kernel: only declared names, only plain values."""

from __future__ import annotations

import ast
import difflib
import json
import keyword
import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from pdsa.errors import ParamsError, Problem

_DEEPEST = 20  # nested lists in a parameter


def check_parameters(notebook: Path, parameters: Mapping[str, object]) -> None:
    """Let parameters pass that a notebook declares, and no others; the gate before any kernel starts.

    papermill itself only warns of an unknown name, makes the report for the default school, and executes
    code that stands in a name. Values keep their types, so they must be plain: text, whole numbers, finite numbers,
    true, false, nothing, dates, lists and dictionaries of these.

    Parameters
    ----------
    notebook
        A notebook with exactly one code cell tagged `parameters`, of simple assignments such as `school = ""`.
    parameters
        Values by name. A name may be left out where the cell gives it a value.

    Raises
    ------
    ParamsError
        With every problem found.
    """
    problems: list[Problem] = []
    declared = _declared(notebook, problems)
    if not problems:
        problems += _name_problems(declared, parameters)
        problems += [p for name, value in parameters.items() for p in _value_problems(f"parameter {name!r}", value)]
    if problems:
        raise ParamsError(
            notebook.name,
            tuple(problems),
            "no kernel was started",
            "correct the names or values in the params file and run the same command again",
        )


def _declared(notebook: Path, problems: list[Problem]) -> dict[str, bool]:
    """Return the declared names, and for each whether the cell gives it a value."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", ())]
        sources = ["".join(cell["source"]) for cell in tagged if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        problems.append(Problem(notebook.name, f"no readable notebook ({error})", "a Jupyter notebook of version 4"))
        return {}
    if len(tagged) != 1 or len(sources) != 1:
        problems.append(Problem(notebook.name, f"{len(tagged)} cells tagged `parameters`", "exactly one, of code"))
        return {}
    return _assignments(sources[0], problems)


def _assignments(source: str, problems: list[Problem]) -> dict[str, bool]:
    place = "the cell tagged `parameters`"
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        problems.append(Problem(place, f"a syntax error in line {error.lineno}", "simple assignments"))
        return {}
    declared: dict[str, bool] = {}
    for statement in statements:
        targets = _targets(statement)
        if targets is None:
            problems.append(Problem(f"{place}, line {statement.lineno}", ast.unparse(statement), "name = value"))
        else:
            declared |= targets
    return declared


def _targets(statement: ast.stmt) -> dict[str, bool] | None:
    """Return the names that a statement assigns, {} for a sentence of explanation, None for anything else."""
    match statement:
        case ast.Assign(targets=targets) if all(isinstance(target, ast.Name) for target in targets):
            return {target.id: True for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return {name: value is not None}
        case ast.Expr(value=ast.Constant(value=str())):
            return {}
    return None


def _name_problems(declared: Mapping[str, bool], parameters: Mapping[str, object]) -> Iterator[Problem]:
    for name in parameters:
        if name not in declared or not name.isidentifier() or keyword.iskeyword(name):
            near = difflib.get_close_matches(str(name), declared, 1, 0.5)
            hint = (
                f"{near[0]!r}" if near else f"one of {', '.join(sorted(declared)) or 'none: the cell declares nothing'}"
            )
            yield Problem(f"parameter {name!r}", "a name that the notebook does not declare", hint)
    for name, has_value in declared.items():
        if not has_value and name not in parameters:
            yield Problem(f"parameter {name!r}", "no value", "a value: the notebook has no default for it")


def _value_problems(place: str, value: object, depth: int = 0) -> Iterator[Problem]:
    if depth > _DEEPEST:
        yield Problem(place, f"lists within lists, {depth} deep", f"at most {_DEEPEST} levels")
    elif type(value) is list:
        for index, part in enumerate(value):
            yield from _value_problems(f"{place}[{index}]", part, depth + 1)
    elif type(value) is dict:
        for key, part in value.items():
            yield from _key_problems(place, key)
            yield from _value_problems(f"{place}[{key!r}]", part, depth + 1)
    elif type(value) is float and not math.isfinite(value):
        yield Problem(place, repr(value), "a finite number")
    elif value is not None and type(value) not in (str, int, float, bool, date, datetime):
        yield Problem(
            place, f"{value!r} ({type(value).__name__})", "text, a number, a date, true, false, a list or a dictionary"
        )


def _key_problems(place: str, key: object) -> Iterator[Problem]:
    if type(key) is not str:
        yield Problem(place, f"the key {key!r}", "keys that are text")
