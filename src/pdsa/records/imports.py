"""How foreign files become observations: the mapping that `pdsa import` proposes, keeps and runs again."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Choice", "Mapping", "MeasureColumns", "Names", "Question", "StudentRows"]

# Headers that name the same column in different years; the first one found in a file is used.
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MeasureColumns:
    """The columns of one measure.

    Parameters
    ----------
    measure
        The measure's id; "" where the column `Mapping.measure` names it row by row.
    value, numerator, denominator
        Headers; () where there is none.
    scale
        How `value` is written: `percent` (0 to 100), `fraction` (0 to 1) or `number`; "" to find out.
    cumulative
        True where each row counts from the beginning of the school year: rows are differenced.
    """

    measure: str
    value: Names = ()
    numerator: Names = ()
    denominator: Names = ()
    scale: str = ""
    cumulative: bool = False


@dataclass(frozen=True, slots=True)
class StudentRows:
    """Rows of single students, aggregated at the door.

    Parameters
    ----------
    layout
        `daily` (one row per student and day with a code), `absences` (only the days absent), `summary` (days absent
        and days enrolled of each student), `membership` (days enrolled only).
    student
        Headers of the student's number, which goes no further.
    code, absent, enrolled
        Headers of the attendance code, of days absent and of days enrolled.
    absent_codes, excused_codes, present_codes
        Which codes mean what.
    min_days
        Fewest days enrolled to count in chronic absence.
    """

    layout: str
    student: Names = ()
    code: Names = ()
    absent: Names = ()
    enrolled: Names = ()
    absent_codes: tuple[str, ...] = ()
    excused_codes: tuple[str, ...] = ()
    present_codes: tuple[str, ...] = ()
    min_days: int = 10


@dataclass(frozen=True, slots=True)
class Mapping:
    """Everything that must be known to read one kind of file again next month without a person.

    Parameters
    ----------
    name
        Name of the mapping, and of `observations/<name>.csv`.
    files, members, sheets
        Patterns of file names and of archive members; names of the sheets to read (() for the only one with data).
    layout
        `long` (a row per school and period), `wide` (periods are columns) or `students`.
    encoding, delimiter, decimal
        Of files of text; "" for what the file itself says (UTF-8; the delimiter of its header; a point).
    row, strip
        XML: the element that is a row; byte values removed before reading.
    header_row
        Row of the header as the spreadsheet shows it, where the headers alone do not tell; 0 to find it by them.
    header_rows
        How many rows the header has.
    school
        The parts of a school's id, each with its headers; several are joined by "-".
    school_name, district
        Headers of a school's name and district.
    period, period_from, period_format
        Headers of the period; where it stands (`column`, `header`, `title`, `file`); how it is written: a format of
        strptime, `school_year` (2016-17), `school_year_end` (2017), `iso_week`, `excel`.
    groups
        Pairs of a dimension and its headers; the dimension is "" where the column `group_dim` names it row by row.
    wholes
        Texts of a group that mean everybody.
    measure
        Headers of the column that names the measure, where rows do.
    status
        Headers of a column with our words of `terms.STATUSES`.
    measures
        The columns of each measure.
    totals
        Pairs of a header and the texts (in lower case) that mark rows which are totals of others.
    marks
        Pairs of a text that is no number and what it means: one of `terms.STATUSES`.
    decisions
        Pairs of a question's key and its answer, for what has no field of its own.
    ignored
        Headers that were seen and are not used.
    min_rows
        Sources with fewer rows are set aside.
    students
        For rows of single students.
    """

    name: str
    files: Names = ()
    members: str = "*"
    sheets: Names = ()
    layout: str = "long"
    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    row: str = ""
    strip: tuple[int, ...] = ()
    header_row: int = 0
    header_rows: int = 1
    school: tuple[Names, ...] = ()
    school_name: Names = ()
    district: Names = ()
    period: Names = ()
    period_from: str = "column"
    period_format: str = ""
    groups: tuple[tuple[str, Names], ...] = ()
    group_dim: Names = ()
    wholes: tuple[str, ...] = ()
    measure: Names = ()
    status: Names = ()
    measures: tuple[MeasureColumns, ...] = ()
    totals: tuple[tuple[str, tuple[str, ...]], ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    decisions: tuple[tuple[str, str], ...] = ()
    ignored: Names = ()
    min_rows: int = 0
    students: StudentRows | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer, and what would follow from it."""

    word: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Question:
    """What pdsa does not guess: asked at a terminal, an error in batch.

    Parameters
    ----------
    key
        What `--answer KEY=CHOICE` names: `dates`, `header`, `mark:x`, `scale:Attendance` ...
    place
        Where the evidence stands: file, row, column.
    found
        The evidence: what was found there.
    ask
        The question itself.
    choices
        Possible answers; () where any text will do.
    """

    key: str
    place: str
    found: str
    ask: str
    choices: tuple[Choice, ...] = field(default=())
