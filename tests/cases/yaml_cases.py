"""Files of YAML, 121 to 157: the network's, and a params file; texts stay the texts that were typed."""

from __future__ import annotations

from dataclasses import dataclass

from cases import Decision

NETWORK = "network.yaml"
PARAMS = "params/report.yaml"
MAPPING = "mappings/weekly.yaml"
NEXT = "Next:"

GOOD = {
    NETWORK: "id: autumn\nname: Autumn network\nmin_n: 10\n",
    PARAMS: "schema: 1\nname: report\nworkspace: ..\n",
}


@dataclass(frozen=True, slots=True)
class YamlCase:
    """A file of YAML, what is right to do with it, and why.

    Parameters
    ----------
    id, name
        Number in the list and what the file is like.
    file
        Which file of the workspace it is.
    text
        The whole text.
    decision, why
        What is right, and the reason in one sentence.
    holds
        Keys and the values that an accepted file must then hold, as text.
    message
        Patterns that must be found in the refusal.
    hidden
        Texts that must not be printed.
    syntax
        True where the mistake is one of YAML: then it is one in every file.
    """

    id: str
    name: str
    file: str
    text: str
    decision: Decision
    why: str
    holds: tuple[tuple[str, str], ...] = ()
    message: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    syntax: bool = False

    @property
    def data(self) -> bytes:
        return self.text.encode()


def network(**lines: str) -> str:
    """A good network.yaml with some values written otherwise."""
    return "".join(f"{key}: {value}\n" for key, value in {"id": "autumn", "name": "Autumn network", **lines}.items())


def params(more: str) -> str:
    """A good params file with more lines."""
    return GOOD[PARAMS] + more


def bad(number: int, name: str, file: str, text: str, why: str, *message: str) -> YamlCase:
    """A file that must be mended; the place is one of the patterns."""
    return YamlCase(str(number), name, file, text, "refuse", why, message=(*message, NEXT))


def broken(number: int, name: str, more: str, why: str, *message: str) -> YamlCase:
    """A mistake of YAML in the lines after a good file."""
    return YamlCase(str(number), name, PARAMS, params(more), "refuse", why, message=(*message, NEXT), syntax=True)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + k)}: &{chr(98 + k)} [{', '.join([f'*{chr(97 + k)}'] * 9)}]\n" for k in range(8)
)

CASES: tuple[YamlCase, ...] = (
    YamlCase(
        "121",
        "name: no",
        NETWORK,
        network(name="no"),
        "accept",
        "A word that some programs take for false; here it is the name that was typed.",
        (("name", "no"),),
    ),
    YamlCase(
        "122",
        "contact: on",
        NETWORK,
        network(contact="on"),
        "accept",
        "A word that some programs take for true; here it is what was typed.",
        (("contact", "on"),),
    ),
    bad(
        123,
        "key NO",
        PARAMS,
        params("per_measure: {NO: {kind: run}}\n"),
        "There is no measure NO, and the message must not call it False.",
        "report.yaml",
        r"\bNO\b",
    ),
    YamlCase(
        "124",
        "id: 012",
        NETWORK,
        network(id="012"),
        "accept",
        "Ten to some programs, twelve to others; here the text 012.",
        (("id", "012"),),
    ),
    YamlCase("125", "id: 08", NETWORK, network(id="08"), "accept", "The text 08, as typed.", (("id", "08"),)),
    bad(
        126,
        "min_n: 0x1F",
        NETWORK,
        network(min_n="0x1F"),
        "31 to a programmer; a coach would have to know that.",
        "min_n",
        "0x1F",
        "whole number",
    ),
    bad(
        127,
        "target: 1e3",
        PARAMS,
        params("chart: {target: 1e3}\n"),
        "A text to one program and a thousand to another.",
        "target",
        "1e3",
        "plain number",
    ),
    bad(
        128,
        "workers: 1_000",
        PARAMS,
        params("workers: 1_000\n"),
        "A thousand to one program and a text to another.",
        "workers",
        "1_000",
        "whole number",
    ),
    bad(
        129,
        "timeout_seconds: 12:30",
        PARAMS,
        params("timeout_seconds: 12:30\n"),
        "750 to some programs, because they count minutes.",
        "timeout_seconds",
        "12:30",
        "plain number",
    ),
    bad(
        130,
        "target: .inf",
        PARAMS,
        params("chart: {target: .inf}\n"),
        "No target is infinite.",
        "target",
        r"\.inf",
        "plain number",
    ),
    bad(
        131,
        "as_of: ~",
        PARAMS,
        params("as_of: ~\n"),
        "Nothing, to a programmer; who wants nothing leaves the line out.",
        "as_of",
        "~",
        "date",
    ),
    YamlCase(
        "132",
        "as_of: 2025-12-01",
        PARAMS,
        params("as_of: 2025-12-01\n"),
        "accept",
        "The usual way to write a day.",
        (("as_of", "2025-12-01"),),
    ),
    broken(
        133,
        "a list that holds itself",
        "select: {districts: &x [*x]}\n",
        "It has no end.",
        "line 4",
        "anchor|alias",
    ),
    broken(134, "alias bomb", BOMB, "Nine lines that become 400 million values.", "line 4", "anchor|alias"),
    broken(
        135,
        "2,000 lists within lists",
        "select: " + "[" * 2000 + "]" * 2000 + "\n",
        "No params file is so deep; some programs crash on it.",
        "line 4",
        "lists within lists|level",
    ),
    broken(
        136, "the same key twice", "workers: 2\nworkers: 3\n", "Only one of them can be meant.", "line 5", "workers"
    ),
    YamlCase(
        "137",
        "a list",
        PARAMS,
        "- schema: 1\n- name: report\n",
        "refuse",
        "Without keys at the left nothing says what the values are.",
        message=("report.yaml", "list", NEXT),
        syntax=True,
    ),
    YamlCase(
        "138",
        "empty file",
        PARAMS,
        "",
        "refuse",
        "There is nothing in it.",
        message=("report.yaml", "nothing", NEXT),
        syntax=True,
    ),
    broken(139, "two documents", "---\nname: other\n", "Only one of them can be meant.", "line 4", "document"),
    YamlCase(
        "140",
        "%YAML 9.9",
        PARAMS,
        f"%YAML 9.9\n---\n{GOOD[PARAMS]}",
        "refuse",
        "A version that does not exist.",
        message=("line 1", "%YAML", NEXT),
        syntax=True,
    ),
    broken(
        141,
        "a tag of Python",
        "select: !!python/object/apply:os.system ['echo broken']\n",
        "It would run a command in programs that obey it.",
        "line 4",
        "tag",
    ),
    broken(
        142,
        "merge key",
        "base: &b {workers: 3}\nother: {<<: *b}\n",
        "What it means must stand where it is used.",
        "line 4",
        "anchor|alias",
    ),
    broken(143, "a list as key", "? [a, b]\n: c\n", "A key is a word.", "line 4", "key"),
    broken(
        144,
        "tab",
        "select:\n\tdistricts: [a]\n",
        "YAML is indented with blanks; a tab looks like some of them.",
        "line 5",
        "tab",
    ),
    broken(145, "quote never closed", 'data: "files\n', "Everything after it would be one text.", "line 4", "quote"),
    YamlCase(
        "146",
        "contact: =",
        NETWORK,
        network(contact="="),
        "accept",
        "Some programs crash on it; it is a text of one letter.",
        (("contact", "="),),
    ),
    broken(
        147,
        "a value that begins with @",
        "data: @office\n",
        "Reserved in YAML; in quotes it is a text.",
        "line 4",
        "special|@",
        "quotes",
    ),
    broken(
        148,
        "a value that begins with a backtick",
        "data: `files`\n",
        "Reserved in YAML; in quotes it is a text.",
        "line 4",
        "special|`",
        "quotes",
    ),
    broken(
        149,
        "a value that begins with %",
        "data: %d\n",
        "Reserved in YAML; in quotes it is a text.",
        "line 4",
        "special|%",
        "quotes",
    ),
    YamlCase(
        "150",
        "byte order mark",
        NETWORK,
        "\ufeff" + network(),
        "accept",
        "Windows writes it before the first word; it belongs to no word.",
        (("id", "autumn"),),
    ),
    bad(
        151,
        "workers with 30 digits",
        PARAMS,
        params(f"workers: {'1234567890' * 3}\n"),
        "No machine has so many.",
        "workers",
        "1234567890",
        "whole number",
    ),
    bad(
        152,
        "unknown key",
        PARAMS,
        params("audience: [team]\n"),
        "A slip of the finger; the nearest known key is named.",
        r"audience\b",
        "unknown",
        "audiences",
    ),
    bad(
        153,
        "missing key",
        PARAMS,
        "schema: 1\nworkspace: ..\n",
        "Without its name the report has no folder.",
        "report.yaml",
        r"name: found nothing",
        "value",
    ),
    bad(
        154,
        "keys where a list belongs",
        PARAMS,
        params("audiences: {team: yes}\n"),
        "A list of words was meant.",
        "audiences",
        "the keys team",
        "list",
    ),
    bad(
        155,
        "a key that is no identifier",
        PARAMS,
        params("2nd-run: 5\n"),
        "Nothing of that name exists; a program that makes variables of keys would stop with an error of its own.",
        "2nd-run",
        "unknown",
    ),
    bad(
        156,
        "a key that is a word of Python",
        PARAMS,
        params("class: 5\nlist: 3\n"),
        "Nothing of that name exists; both keys are told at once.",
        r"class: ",
        "unknown",
        r"list: ",
    ),
    YamlCase(
        "157",
        "a secret",
        PARAMS,
        params("api_token: tok_8f3a1c77e2\n"),
        "refuse",
        "Params files are shared; the key is unknown here, and the secret is not printed into a log.",
        message=("api_token", "unknown", NEXT),
        hidden=("tok_8f3a1c77e2",),
    ),
)
