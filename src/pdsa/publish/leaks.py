"""Secrets of the environment in what is about to be published: found by variable, never repeated."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast
from urllib.parse import quote, quote_plus, unquote

T = TypeVar("T")

SHORTEST = 6  # characters; anything shorter is found in every page by chance
# Words of a name as they are joined in practice: GITHUB_TOKEN, PGPASSWORD, AWS_SECRET_ACCESS_KEY, APIKEY.
_SECRET = re.compile(r"TOKEN(?!IZ)|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|KEYS?(_|$)", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")


@dataclass(frozen=True, slots=True)
class Secret:
    """One value that no output may hold: the variable it stands in, and how it may be written.

    Parameters
    ----------
    variable
        The name of the environment variable; all that a message says.
    forms
        The value as bytes: as it is, and as HTML, addresses and JSON write it.
    """

    variable: str
    forms: tuple[bytes, ...]

    def __repr__(self) -> str:
        """Return the name without the value: this may stand in a traceback or a log."""
        return f"Secret({self.variable})"


def secrets_of(environment: Mapping[str, str]) -> tuple[Secret, ...]:
    """Return the secrets among environment variables: by their name, or as the password in an address.

    Parameters
    ----------
    environment
        Usually `os.environ`.

    Examples
    --------
    >>> secrets_of({"PGPASSWORD": "hunter22", "HOME": "/home/me", "PDSA_LOG_URL": "postgresql://me:s3cret%21@db/log"})
    (Secret(PDSA_LOG_URL), Secret(PGPASSWORD))
    """
    found = []
    for variable, value in sorted(environment.items()):
        values = [value.strip()] if _SECRET.search(variable) else []
        for password in _IN_ADDRESS.findall(value):
            values += [password, unquote(password)]
        forms = dict.fromkeys(form for one in values if len(one) >= SHORTEST for form in _forms(one))
        if forms:
            found.append(Secret(variable, tuple(forms)))
    return tuple(found)


def _forms(value: str) -> Iterable[bytes]:
    """The value as bytes in each way in which a page, a table, an address or a record writes it."""
    jinja = html.escape(value, quote=False).replace('"', "&#34;").replace("'", "&#39;")
    escaped = (html.escape(value), html.escape(value, quote=False), jinja)
    quoted = (quote(value, safe=""), quote(value), quote_plus(value))
    as_json = (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    in_table = value.replace('"', '""')
    for text in (value, *escaped, *quoted, *as_json, in_table):
        yield text.encode("utf-8", "surrogateescape")


def leaked(data: bytes, secrets: Iterable[Secret]) -> str:
    """Return the variable whose value stands in the data; "" if none does.

    Parameters
    ----------
    data
        The bytes of one output.
    secrets
        What `secrets_of` found.
    """
    return next((one.variable for one in secrets if any(_stands_in(form, data) for form in one.forms)), "")


def _stands_in(form: bytes, data: bytes) -> bool:
    """Whether a form stands in the data; digits alone must not be part of a longer number or of a hash."""
    if form not in data:
        return False
    return not form.isdigit() or _alone(form).search(data) is not None


def _alone(digits: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![0-9A-Za-z.])" + digits + rb"(?![0-9A-Za-z]|\.[0-9])")


def redacted(text: str, secrets: Iterable[Secret]) -> str:
    """Return a message with the name of the variable in place of every secret value.

    Parameters
    ----------
    text
        What is about to be printed or kept, such as the message of an error.
    secrets
        What `secrets_of` found.
    """
    data = text.encode("utf-8", "surrogateescape")
    for one in secrets:
        for form in sorted(one.forms, key=len, reverse=True):
            name = f"[value of {one.variable}]".encode()
            data = _alone(form).sub(name, data) if form.isdigit() else data.replace(form, name)
    return data.decode("utf-8", "surrogateescape")


def cleaned(value: T, secrets: Sequence[Secret]) -> T:
    """Return what JSON can hold with every text in it redacted; the same object where nothing is to be redacted.

    Parameters
    ----------
    value
        Such as a manifest.
    secrets
        What `secrets_of` found.
    """
    if not secrets or not leaked(json.dumps(value, ensure_ascii=False, default=str).encode(), secrets):
        return value
    return cast(T, _walked(value, secrets))


def _walked(value: object, secrets: Sequence[Secret]) -> object:
    if isinstance(value, dict):
        return {name: _walked(one, secrets) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(one, secrets) for one in value]
    return redacted(value, secrets) if isinstance(value, str) else value
