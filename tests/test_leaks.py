"""Secrets of the environment are found in every way in which an output writes them, and never repeated."""

from __future__ import annotations

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from markupsafe import escape

from pdsa.publish.leaks import cleaned, leaked, redacted, secrets_of

HARD = "p&ss<w>o\"r'd/é +1"


class TestSecretsOf:
    @pytest.mark.parametrize(
        "name",
        ["GITHUB_TOKEN", "PGPASSWORD", "MY_PASSWD", "AWS_SECRET_ACCESS_KEY", "APIKEY", "api_key", "SSH_KEY_PASSPHRASE",
         "GOOGLE_APPLICATION_CREDENTIALS", "SECRET", "KEYS", "SIGNING_KEYS"],
    )  # fmt: skip
    def test_names_that_look_like_secrets(self, name: str) -> None:
        assert [one.variable for one in secrets_of({name: "hunter22"})] == [name]

    @pytest.mark.parametrize("name", ["HOME", "KEYBOARD_LAYOUT", "TOKENIZERS_PARALLELISM", "MONKEYPATCH", "PATH"])
    def test_names_that_do_not(self, name: str) -> None:
        assert secrets_of({name: "hunter22"}) == ()

    def test_passwords_in_addresses_whatever_the_variable(self) -> None:
        found = secrets_of({"PDSA_LOG_URL": "postgresql://me:s3cret%21@db.example/log", "HTTP_PROXY": "http://p:8080"})
        assert [one.variable for one in found] == ["PDSA_LOG_URL"]
        assert leaked(b"the word s3cret! stands here", found) == "PDSA_LOG_URL"
        assert leaked(b"the word s3cret%21 stands here", found) == "PDSA_LOG_URL"
        assert leaked(b"db.example is no secret", found) == ""

    def test_short_values_are_in_every_page_by_chance(self) -> None:
        assert secrets_of({"API_KEY": "12345", "TOKEN": "", "SECRET": "     \n"}) == ()
        assert len(secrets_of({"API_KEY": "123456"})) == 1

    def test_the_value_is_not_in_the_repr(self) -> None:
        assert "hunter22" not in repr(secrets_of({"API_KEY": "hunter22"}))


class TestLeaked:
    @pytest.mark.parametrize(
        "written",
        [HARD, html.escape(HARD), html.escape(HARD, quote=False), str(escape(HARD)), quote(HARD), quote(HARD, safe=""),
         quote_plus(HARD), json.dumps(HARD), json.dumps(HARD, ensure_ascii=False), HARD.replace('"', '""')],
    )  # fmt: skip
    def test_in_every_writing(self, written: str) -> None:
        secrets = secrets_of({"MY_TOKEN": HARD})
        assert leaked(f"<p>{written}</p>".encode(), secrets) == "MY_TOKEN"
        assert HARD not in redacted(f"before {written} after", secrets)
        assert redacted(f"before {written} after", secrets).startswith("before ")

    def test_a_part_of_it_is_not_it(self) -> None:
        assert leaked(b"hunter2", secrets_of({"MY_TOKEN": "hunter22"})) == ""

    @pytest.mark.parametrize(
        ("text", "found"),
        [("the PIN is 314159.", True), ("(314159)", True), ("0.31415926", False), ("3.314159", False),
         ("ab314159cd", False), ("314159.5", False), ("x=314159", True)],
    )  # fmt: skip
    def test_digits_alone_must_stand_alone(self, text: str, found: bool) -> None:
        """Six digits stand in every table and every hash by chance."""
        secrets = secrets_of({"PIN_KEY": "314159"})
        assert (leaked(text.encode(), secrets) == "PIN_KEY") == found
        assert ("314159" not in redacted(text, secrets)) == found

    def test_json_is_cleaned_text_by_text(self) -> None:
        secrets = secrets_of({"MY_TOKEN": 'hun"ter22'})
        told = {"a": ['say hun"ter22', 3, None], "b": {"c": "hunter22"}}
        assert cleaned(told, secrets) == {"a": ["say [value of MY_TOKEN]", 3, None], "b": {"c": "hunter22"}}
        clean = {"a": "nothing"}
        assert cleaned(clean, secrets) is clean
        assert cleaned(told, ()) is told

    def test_the_name_takes_the_place_of_the_value(self) -> None:
        secrets = secrets_of({"MY_TOKEN": "hunter22", "URL": "x://me:otherword@h"})
        told = redacted("OperationalError: hunter22 at x://me:otherword@h", secrets)
        assert told == "OperationalError: [value of MY_TOKEN] at x://me:[value of URL]@h"
