"""The way to a cluster of dask: encrypted unless plain tcp is asked for by name, and only among the same pdsa."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.publish import write_atomic
from pdsa.runner.cluster.worker import answer_probe, wait_for
from pdsa.runner.keys import differences, surroundings

if TYPE_CHECKING:
    from distributed import Client, Security

PORT = 8786
PROBE = "probe"
ANSWER_SECONDS, WORKER_SECONDS = 10, 30  # for the scheduler to answer, and for the first worker to join
NOTHING = "no report was started"
_ADDRESS = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?(?P<host>[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>\d{1,5}))?/?"
)


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of a TLS connection, in PEM format; "" leaves one to dask's own configuration."""

    ca: str = ""
    cert: str = ""
    key: str = ""


def address_of(text: str) -> str:
    """Return the address of a scheduler in full: a bare host means TLS, and the usual port.

    Raises
    ------
    ParamsError
        It is no address, or of another way to connect.
    """
    found = _ADDRESS.fullmatch(text.strip())
    if not found or (found["scheme"] or "tls") not in ("tls", "tcp"):
        raise _refused(text, "an address such as tls://scheduler:8786", "give the scheduler's address with --on")
    return f"{found['scheme'] or 'tls'}://{found['host']}:{found['port'] or PORT}"


@contextmanager
def connected(text: str, tls: Tls | None = None) -> Iterator[Client]:
    """Connect to a scheduler that has at least one worker.

    Parameters
    ----------
    text
        `tls://host:8786`, or `tcp://...` for a connection that anybody on the network can read and use.
    tls
        Files that stand in for those of dask's configuration.

    Raises
    ------
    ParamsError
        The extra is not installed, a file of TLS is missing, nobody answers, or there is no worker.
    """
    address = address_of(text)
    distributed = _distributed()
    security = _security(address, tls or Tls())
    try:
        client = distributed.Client(
            address, security=security, timeout=ANSWER_SECONDS, set_as_default=False, name="pdsa"
        )
    except (OSError, RuntimeError, TimeoutError) as error:
        raise _silent(address, error) from None
    try:
        _await_worker(client, address)
        yield client
    finally:
        with suppress(OSError, RuntimeError, TimeoutError):
            client.close(timeout=2)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        problem = Problem("--on", "no dask on this machine", "the extra `cluster` of pdsa-workbench")
        step = "python -m pip install 'pdsa-workbench[cluster]', here and on every worker"
        raise ParamsError("cluster", (problem,), NOTHING, step) from None
    for name in [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what they say, the errors here say
    return distributed


def _security(address: str, tls: Tls) -> Security:
    """What dask's configuration and the options say, complete and readable; none of it for plain tcp."""
    from distributed import Security

    if address.startswith("tcp://"):
        return Security(require_encryption=False)
    given = {"tls_ca_file": tls.ca, "tls_client_cert": tls.cert, "tls_client_key": tls.key}
    security = Security(require_encryption=True, **{name: text for name, text in given.items() if text})
    problems = []
    for option, variable, name in (
        ("--tls-ca", "CA_FILE", "tls_ca_file"),
        ("--tls-cert", "CLIENT__CERT", "tls_client_cert"),
    ):
        place = getattr(security, name)
        where = f"{option} (or DASK_DISTRIBUTED__COMM__TLS__{variable})"
        if not place:
            problems.append(Problem(where, "nothing", "a certificate in PEM format: tls:// needs one"))
        elif "\n" not in place and not Path(place).is_file():
            problems.append(Problem(where, f"no file {place}", "a certificate in PEM format"))
    if problems:
        step = "ask whoever runs the cluster for these files; README, `More than one machine`, shows how to make them"
        raise ParamsError("cluster", tuple(problems), NOTHING, step)
    return security


def _silent(address: str, error: Exception) -> ParamsError:
    reason = re.sub("^in <.*?>: ", "", str(error.__cause__ or error)).split("\n")[0][:200] or type(error).__name__
    other = "does it speak tls?" if address.startswith("tls://") else "does it speak tcp, without TLS?"
    expected = f"the answer of a dask scheduler within {ANSWER_SECONDS} seconds ({other})"
    return _refused(f"{address}: {reason}", expected, "start it with `dask scheduler`, or correct the address")


def _refused(found: str, expected: str, step: str) -> ParamsError:
    return ParamsError("cluster", (Problem("--on", found, expected),), NOTHING, step)


def _await_worker(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        step = f"start one on each machine: dask worker {address} --nworkers 1"
        raise _refused(f"{address} without a worker", "at least one worker", step) from None


def check_workers(client: Client, box: Path) -> int:
    """Return the number of workers, all of which hold this pdsa and see the shared folder.

    Parameters
    ----------
    client
        A connection.
    box
        A folder on the shared storage.

    Raises
    ------
    InputError
        With a problem for each worker that holds another pdsa, or none, or that cannot read and write there.
    """
    secret = secrets.token_hex(16)
    write_atomic(box / PROBE, secret)
    answers = client.run(answer_probe, str(box), PROBE, on_error="return")
    problems = [problem for worker in sorted(answers) for problem in _problems(worker, answers[worker], box, secret)]
    if problems:
        step = "install this pdsa on every worker, and mount the shared folder under the same path everywhere"
        raise InputError("cluster", tuple(problems), NOTHING, step)
    return len(answers)


def _problems(worker: str, answer: object, box: Path, secret: str) -> Iterator[Problem]:
    """What is wrong with a worker, by its answer: its pdsa and the file it wrote, or the exception it met."""
    place = f"worker {worker}"
    if not isinstance(answer, tuple):
        pdsa = f"pdsa-workbench {surroundings()['pdsa-workbench']}, as here"
        yield Problem(place, f"{type(answer).__name__}: {answer}"[:200], pdsa)
        return
    name, theirs = answer
    if told := differences(theirs):
        yield Problem(place, *told)
    found = wait_for(box / name) if name else None
    if found is None or found.decode() != secret:
        yield Problem(place, f"that it does not see or cannot write {box}", "a folder that all machines share (--out)")
