"""Jobs -> executed notebooks -> published pages, several at a time; a failing one never stops the others."""

from pdsa.runner.job import Job, Made, Result
from pdsa.runner.jobs import run_jobs
from pdsa.runner.make import make
from pdsa.runner.page import render_page
from pdsa.runner.placing import place
from pdsa.runner.plan import Plan, notebook_path, plan_run
from pdsa.runner.pool import LocalPool, Pool
from pdsa.runner.reports import Run, make_reports

__all__ = [
    "Job",
    "LocalPool",
    "Made",
    "Plan",
    "Pool",
    "Result",
    "Run",
    "make",
    "make_reports",
    "notebook_path",
    "place",
    "plan_run",
    "render_page",
    "run_jobs",
]
