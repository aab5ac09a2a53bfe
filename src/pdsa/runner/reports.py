"""A plan to pages: what changed is made, what stands stays, and the manifest tells of both."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pdsa.errors import RunError
from pdsa.kernels import Parent, sweep_folders
from pdsa.publish import write_manifest
from pdsa.publish.leaks import cleaned, secrets_of
from pdsa.publish.lock import remember
from pdsa.publish.together import sync_folders
from pdsa.runner.beside import made_beside, put_secrets_away, rows_of, set_aside, write_archives
from pdsa.runner.decide import Decision, decide
from pdsa.runner.job import Result
from pdsa.runner.jobs import run_jobs
from pdsa.runner.logs import write_log
from pdsa.runner.manifest import data_digest, entry, manifest_of, old_manifest, sealed
from pdsa.runner.origin import origin, refuse_other_network
from pdsa.runner.placing import note, place
from pdsa.runner.plan import Plan, notebook_path, plan_run
from pdsa.runner.pool import LocalPool, Pool
from pdsa.runner.records import verified
from pdsa.runner.refused import LOCK, alone_in, of_disk, place_of
from pdsa.runner.searched import Stuck, still_held
from pdsa.runner.warm import warm_reports


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a run.

    Parameters
    ----------
    folder, manifest
        Of the run.
    results
        What became of each report that the run looked at, in the order of the plan.
    seconds
        Wall time, manifest and indexes included.
    outdated
        Pages that the run did not look at and that are older than today's data.
    held
        What held a secret though the run was not asked to look at it: names of reports, which it looked at then, and
        paths of files of no report.
    stuck
        Files that had to go and are still there: because a secret stands in them, or because no run makes them.
    """

    folder: Path
    results: tuple[Result, ...]
    manifest: Path
    seconds: float
    outdated: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    stuck: tuple[Stuck, ...] = ()

    @property
    def failed(self) -> tuple[Result, ...]:
        """The reports that could not be made."""
        return self._with("failed")

    @property
    def unchanged(self) -> tuple[Result, ...]:
        """The reports that stood already."""
        return self._with("unchanged")

    def _with(self, status: str) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.status == status)


def make_reports(
    plan: Plan,
    outputs: Path,
    *,
    pool: Pool | None = None,
    workers: int | None = None,
    parent: Parent | None = None,
    on_done: Callable[[Result], None] | None = None,
    finish: Callable[[Path], object] | None = None,
) -> Run:
    """Make the reports of a plan that are not there yet below `outputs/<run name>/`, the manifest last.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    outputs
        The folder of all runs.
    pool
        Who makes them; this machine by default.
    workers
        Reports at the same time on this machine; the params file's number by default.
    parent
        A warm parent on this machine that was started before the data were read; by default one is started when
        there is anything to make.
    on_done
        Called with each result as it comes, those that are unchanged first.
    finish
        Called with the run's folder when the manifest stands, before another run may begin: writes the indexes.

    Raises
    ------
    InputError
        Another run has the folder, it cannot be written, or it holds reports of another network.
    """
    clock = time.perf_counter()
    started = datetime.now(UTC).isoformat(timespec="seconds")
    folder = outputs / plan.out_name
    refuse_other_network(folder, plan.workspace.network.id)
    with alone_in(folder):
        sweep_folders()  # of kernels, of runs that were killed
        decision = decide(plan, folder)
        results = _unchanged(folder, decision, on_done)
        results += _refused(folder, decision, on_done)
        if decision.jobs:
            with nullcontext(pool) if pool else _here(plan, workers, parent) as makers:
                results += run_jobs(decision.jobs, folder, pool=makers, on_done=partial(_told, folder, on_done))
        results = _in_order(plan, results)
        names = (_names(decision), held_names(plan, decision))
        run = Run(folder, tuple(results), folder / "manifest.json", time.perf_counter() - clock, *names)
        try:
            run = replace(run, stuck=_put_away(plan, run, decision))
            _close(plan, run, decision, started)
            if finish:
                finish(folder)
            if plan.is_whole:  # every page is of this network now
                remember(folder / LOCK, origin(folder, plan))
        except OSError as error:
            raise _unfinished(run, error) from error
        run = replace(run, stuck=_stuck_at_last(run, decision))
    return replace(run, seconds=time.perf_counter() - clock)


@contextmanager
def _here(plan: Plan, workers: int | None, parent: Parent | None) -> Iterator[Pool]:
    """Warm children on this machine."""
    with nullcontext(parent) if parent is not None else warm_reports() as warm:
        yield LocalPool(workers or plan.workspace.params.workers, plan.limits, warm)


def _unchanged(folder: Path, decision: Decision, on_done: Callable[[Result], None] | None) -> list[Result]:
    for result in decision.unchanged:
        if result.record != decision.records[result.job.target.as_posix()]:
            note(folder, result)
        if on_done:
            on_done(result)
    return list(decision.unchanged)


def _told(folder: Path, on_done: Callable[[Result], None] | None, result: Result) -> None:
    write_log(folder, result)
    if on_done:
        on_done(result)


def _refused(folder: Path, decision: Decision, on_done: Callable[[Result], None] | None) -> list[Result]:
    """The reports of schools whose rows have to be mended first: their older pages stand, marked as stale."""
    found = [place(folder, job, made) for job, made in decision.refused]
    for result in found:
        _told(folder, on_done, result)
    return found


def _in_order(plan: Plan, results: Iterable[Result]) -> list[Result]:
    found = {result.job.target: result for result in results}
    return [found[wanted.target] for wanted in plan.reports if wanted.target in found]


def _names(decision: Decision) -> tuple[str, ...]:
    return tuple(record.name for record in decision.records.values() if record.target in decision.outdated)


def _put_away(plan: Plan, run: Run, decision: Decision) -> tuple[Stuck, ...]:
    """What must not stay, a secret first; what is stuck keeps nothing else from going."""
    written_again, secrets = rows_of(plan), secrets_of(os.environ)
    others = [path for path in decision.held.others if path not in written_again]
    stuck = put_secrets_away(run.folder, others, secrets)
    if plan.is_whole:
        known = {problem.place for problem, _ in stuck}
        stuck += set_aside(run.folder, made_beside(plan), run.results, known, secrets)
    return tuple(stuck)


def _stuck_at_last(run: Run, decision: Decision) -> tuple[Stuck, ...]:
    """What is stuck, and what holds a secret all the same: made again, left over, or of a report that failed."""
    paths = {*decision.held.others}
    for result in run.results:
        target = result.job.target.as_posix()
        old = decision.records.get(target)
        made = result.record.files if result.record and result.status != "failed" else {}
        paths |= {target, *(old.files if old else ())} - {*made}
    held = still_held(run.folder, paths, run.stuck, secrets_of(os.environ))
    return (*held, *(one for one in run.stuck if one[0].place not in paths))


def _close(plan: Plan, run: Run, decision: Decision, started: str) -> None:
    """Everything after the last report; the manifest is the last file, so that it vouches for the others."""
    old, data, secrets = old_manifest(run.folder), data_digest(plan, decision.whole), secrets_of(os.environ)
    beside = old.get("beside", {})
    # pages of some schools link to past cycles also where no complete run has been before
    again = not beside or any(path in rows_of(plan) for path in decision.held.others)
    if plan.is_whole and not again:
        again = beside.get("data") != data or not verified(run.folder, beside["files"], secrets)
    if again:
        beside = {"data": data, "files": write_archives(plan, run.folder)}
    sync_folders({result.path.parent for result in run.results if result.path and result.status == "ok"})
    known = {**decision.records, **{r.record.target: r.record for r in run.results if r.record}}
    in_order = [known[path] for wanted in plan.reports if (path := wanted.target.as_posix()) in known]
    entries = [entry(record, run.folder, decision.outdated) for record in in_order]
    found = manifest_of(plan, entries, _this_run(plan, run, started), data=data, old=old)
    write_manifest(run.manifest, sealed(cleaned(found | {"beside": beside}, secrets)))


def held_names(plan: Plan, decision: Decision) -> tuple[str, ...]:
    """Return the names of the reports, and the paths of the other files, that a search for secrets found.

    Parameters
    ----------
    plan, decision
        What `plan_run` and `decide` decided.
    """
    reports = (one.name for one in plan.reports if one.target.as_posix() in decision.held.reports)
    return (*reports, *decision.held.others)


def _this_run(plan: Plan, run: Run, started: str) -> dict[str, object]:
    counts = {"unchanged": len(run.unchanged), "failed": len(run.failed)}
    executed = len(run.results) - counts["unchanged"]
    return {"started": started, "seconds": round(run.seconds, 2), "executed": executed, **counts, "only": [*plan.only]}


def _unfinished(run: Run, error: OSError) -> RunError:
    """The disk refused what comes after the reports; every report that was placed stands."""
    problem, step = of_disk(error, place_of(error, run.manifest))
    stand = len(run.results) - len(run.failed)
    kept = f"{stand} of {len(run.results)} reports stand, but manifest and indexes are not all of this run"
    return RunError(str(run.folder), (problem, *(one for one, _ in run.stuck)), kept, step)


__all__ = ["LOCK", "Plan", "Run", "make_reports", "notebook_path", "plan_run"]
