"""Beyond one machine: the jobs of a run, or the series of a panel, on the workers of a dask cluster.

dask.distributed is the smallest engine found that has a killed worker's jobs done again. Installed alone, without byte
code (2026-11): dask 21 MB in 21 packages, 10 of them beside those of pdsa; ray 214 MB in 19; prefect 155 MB in 105;
dagster with dagstermill 423 MB in 99; airflow with its papermill provider 606 MB in 214. ray does it too, and starts
several times as slowly; prefect and dagster bring a server, airflow a database, which nobody here would look after.
"""

from pdsa.runner.cluster.connect import Tls, connected
from pdsa.runner.cluster.pool import ClusterPool
from pdsa.runner.cluster.scan import Scan, scan

__all__ = ["ClusterPool", "Scan", "Tls", "connected", "scan"]
