"""Jobs -> executed notebooks -> published pages, several at a time; a failing one never stops the others."""

from pdsa.runner.job import Job, Result
from pdsa.runner.jobs import run_jobs
from pdsa.runner.page import render_page
from pdsa.runner.reports import Plan, Run, make_reports, notebook_path, plan_run

__all__ = ["Job", "Plan", "Result", "Run", "make_reports", "notebook_path", "plan_run", "render_page", "run_jobs"]
