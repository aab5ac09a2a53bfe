"""Beyond one machine: the jobs of a run, or the series of a panel, on the workers of a dask cluster."""

from pdsa.runner.cluster.connect import Tls, connected
from pdsa.runner.cluster.pool import ClusterPool
from pdsa.runner.cluster.scan import Scan, scan

__all__ = ["ClusterPool", "Scan", "Tls", "connected", "scan"]
