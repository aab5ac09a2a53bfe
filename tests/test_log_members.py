"""Row-level security of the log in PostgreSQL, attacked: a login reads and writes what its role allows, and no more."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import psycopg
import pytest

from pdsa.errors import InputError, ParamsError
from pdsa.inquiry import Change, Viewer, sees
from pdsa.log import grant, install, open_log, revoke
from pdsa.terms import VISIBILITIES, Entity, Role, Visibility
from places import Ticks, idea
from postgres import OWNER, Server

# Login, person, role, schools.
MEMBERS: tuple[tuple[str, str, Role, tuple[str, ...]], ...] = (
    ("t1", "tea", "team", ("s1",)),
    ("t2", "tim", "team", ("s2",)),
    ("co", "cyd", "coach", ("s1",)),
    ("hu", "hub", "hub", ()),
    ("di", "dee", "district", ()),
)
KINDS: tuple[Entity, ...] = ("change_idea", "driver", "ask")
COLUMNS = (
    "entity, record, version, school, seq, kind, author, at, visibility, shared_by, shared_on, based_on, body, prev, "
    "hash"
)
SECRET = "planted-Zq7"


def named(entity: Entity, school: str, visibility: Visibility) -> str:
    return f"{entity}-{school or 'network'}-{visibility}"


def everything() -> list[Change]:
    """A record of each kind, owner and visibility, with a text that only its readers may see."""
    told = {"change_idea": {"title": SECRET}, "driver": {"text": SECRET}, "ask": {"text": SECRET, "to": "district"}}
    return [
        Change(entity, named(entity, school, level), school, told[entity], visibility=level)
        for entity, school, level in itertools.product(KINDS, ("", "s1", "s2"), VISIBILITIES)
    ]


@pytest.fixture(scope="module")
def logins(server: Server) -> None:
    for login, *_ in MEMBERS:
        server.run(f"CREATE USER {login}")
    server.run("CREATE USER nobody_yet")


@pytest.fixture(scope="module")
def written(server: Server, installed: str, logins: None) -> str:
    """A database with everything in it, which tests copy."""
    name = server.database(installed)
    for login, person, role, schools in MEMBERS:
        grant(server.url(name, OWNER), login, person, role, schools)
    with open_log(server.url(name), author="admin", now=Ticks()) as log:
        log.apply(everything())
    server.run("ANALYZE", name)
    return name


@pytest.fixture
def database(server: Server, written: str) -> Iterator[str]:
    """A copy that a test may change."""
    name = server.database(written)
    yield name
    server.drop(name)


def records(server: Server, database: str, login: str, query: str = "SELECT record FROM event") -> set[object]:
    return {row[0] for row in server.run(query, database, login)}


def allowed(role: Role, schools: tuple[str, ...]) -> set[str]:
    """What `inquiry.views` lets somebody see of everything."""
    viewer = Viewer(role, schools)
    return {
        named(entity, school, level)
        for entity, school, level in itertools.product(KINDS, ("", "s1", "s2"), VISIBILITIES)
        if sees(viewer, entity, school, level)
    }


OF_S2 = {named(kind, "s2", level) for kind in KINDS for level in ("team", "coach")}


class TestReading:
    @pytest.mark.parametrize(("login", "role", "schools"), [(one[0], one[2], one[3]) for one in MEMBERS])
    def test_policies_and_views_agree(
        self, server: Server, written: str, login: str, role: Role, schools: tuple[str, ...]
    ) -> None:
        assert records(server, written, login) == allowed(role, schools)
        assert records(server, written, login, "SELECT record FROM current") == allowed(role, schools)
        with open_log(server.url(written, login)) as log:
            assert {one.id for one in log.state(Viewer(role, schools)).held.values()} == allowed(role, schools)

    def test_the_table_is_what_it_says(self) -> None:
        assert len(allowed("team", ("s1",))) == 45 - 6 - 4  # the network's drivers are everybody's
        assert len(allowed("coach", ("s1",))) == 45 - 3 - 6
        assert len(allowed("hub", ())) == 45 - 12
        assert len(allowed("district", ())) == 45 - 3 * 3 * 3 + 3

    def test_owner_and_strangers_see_nothing(self, server: Server, written: str) -> None:
        assert records(server, written, OWNER) == set()
        assert records(server, written, OWNER, "SELECT record FROM current") == set()
        for table in ("event", "current", "head", "member"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                server.run(f"SELECT * FROM {table}", written, "nobody_yet")

    def test_each_login_sees_its_own_membership_and_the_ends_of_its_chains(self, server: Server, written: str) -> None:
        assert server.run("SELECT * FROM member", written, "t1") == [("t1", "s1", "tea", "team")]
        ends = {login: records(server, written, login, "SELECT school FROM head") for login, *_ in MEMBERS}
        assert ends == {"t1": {"", "s1"}, "t2": {"", "s2"}, "co": {"", "s1"}, "hu": {""}, "di": {"", "s1", "s2"}}

    @pytest.mark.parametrize(
        "attempt",
        [
            "SELECT set_config('pdsa.schools', 's1,s2', false)",
            "SET pdsa.school = 's2'",
            "SET search_path = pg_temp, public",
            "SET ROLE pdsa_member",
        ],
    )
    def test_no_setting_of_a_session_has_a_say(self, server: Server, written: str, attempt: str) -> None:
        with psycopg.connect(server.url(written, "t1"), autocommit=True) as connection:
            connection.execute(attempt)  # type: ignore[call-overload]
            found = {row[0] for row in connection.execute("SELECT record FROM event").fetchall()}
        assert found == (set() if "ROLE" in attempt else allowed("team", ("s1",)))

    def test_security_is_not_turned_off(self, server: Server, written: str) -> None:
        with psycopg.connect(server.url(written, "t1")) as connection:
            connection.execute("SET row_security = off")
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                connection.execute("SELECT * FROM event")

    @pytest.mark.parametrize("role", ["t2", "hu", OWNER, "postgres"])
    @pytest.mark.parametrize("command", ["SET ROLE", "SET SESSION AUTHORIZATION"])
    def test_nobody_becomes_somebody_else(self, server: Server, written: str, role: str, command: str) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            server.run(f"{command} {role}", written, "t1")

    def test_a_role_is_taken_back_to_the_login_alone(self, server: Server, written: str) -> None:
        with psycopg.connect(server.url(written, "t1"), autocommit=True) as connection:
            for command in ("SET ROLE pdsa_member", "RESET ROLE", "RESET SESSION AUTHORIZATION", "DISCARD ALL"):
                connection.execute(command)
            assert {row[0] for row in connection.execute("SELECT record FROM event")} == allowed("team", ("s1",))

    def test_a_view_of_the_owner_shows_whoever_asks_their_own(self, server: Server, database: str) -> None:
        server.run("CREATE VIEW all_of_it AS SELECT * FROM event", database, OWNER)
        server.run("GRANT SELECT ON all_of_it TO pdsa_member", database, OWNER)
        assert records(server, database, "t1", "SELECT record FROM all_of_it") == allowed("team", ("s1",))
        assert "security_invoker=true" in str(
            server.run("SELECT reloptions FROM pg_class WHERE relname = 'current'", database)
        )

    def test_a_function_in_a_condition_sees_own_rows_alone(self, server: Server, written: str) -> None:
        notices: list[str] = []
        with psycopg.connect(server.url(written, "t1"), autocommit=True) as connection:
            connection.add_notice_handler(lambda notice: notices.append(notice.message_primary or ""))
            connection.execute(
                "CREATE FUNCTION pg_temp.told(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000000001 AS "
                "$$ BEGIN RAISE NOTICE '% %', $1, $2; RETURN true; END $$"
            )
            for table in ("event", "current", "(SELECT * FROM event OFFSET 0)"):
                connection.execute(f"SELECT count(*) FROM {table} e WHERE pg_temp.told(e.record, e.body)")  # type: ignore[call-overload]
            with pytest.raises(psycopg.Error) as error:  # an error that repeats the value it fell over
                connection.execute("SELECT body::int FROM event WHERE school = 's2' AND visibility = 'team'").fetchall()
                connection.execute("SELECT body::int FROM event").fetchall()
        assert {notice.split(" ")[0] for notice in notices} == allowed("team", ("s1",))
        assert SECRET in str(error.value)

    def test_copies_hold_own_rows_alone(self, server: Server, written: str) -> None:
        with psycopg.connect(server.url(written, "t1")) as connection:
            for what in ("event", "(SELECT * FROM event)"):
                with connection.cursor().copy(f"COPY {what} TO STDOUT") as copy:  # type: ignore[call-overload]
                    lines = b"".join(copy).decode().splitlines()
                assert {line.split("\t")[1] for line in lines} == allowed("team", ("s1",))
            with pytest.raises(psycopg.Error), connection.cursor().copy("COPY event FROM STDIN") as copy:
                copy.write(b"x")

    def test_statistics_show_nothing(self, server: Server, written: str) -> None:
        assert server.run("SELECT * FROM pg_stats WHERE tablename = 'event'", written)
        assert server.run("SELECT * FROM pg_stats WHERE tablename IN ('event', 'head', 'member')", written, "t1") == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            server.run("SELECT * FROM pg_statistic", written, "t1")

    def test_a_prepared_statement_asks_anew_for_whoever_executes_it(self, server: Server, written: str) -> None:
        with psycopg.connect(server.url(written), autocommit=True) as connection:
            connection.execute("SET ROLE t1")
            connection.execute("PREPARE own AS SELECT record FROM event")
            for login, role, schools in [(one[0], one[2], one[3]) for one in MEMBERS] * 6:
                connection.execute(f"SET ROLE {login}")  # type: ignore[call-overload]
                found = {row[0] for row in connection.execute("EXECUTE own").fetchall()}
                assert found == allowed(role, schools)

    def test_locks_and_dumps_show_nothing(self, server: Server, written: str) -> None:
        for statement in ("LOCK TABLE event IN ACCESS EXCLUSIVE MODE", "SELECT * FROM event FOR UPDATE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                server.run(f"BEGIN; {statement}; COMMIT", written, "t1")


class TestWriting:
    def insert(self, server: Server, database: str, login: str, **values: object) -> None:
        """One event by hand, at the end of its chain, as whoever knows the tables could write it."""
        row: dict[str, object] = {
            "entity": "change_idea", "record": "new", "version": 1, "school": "s1", "kind": "create", "author": "tea",
            "at": "2026-03-02T08:00:00.000000Z", "visibility": "team", "shared_by": "", "shared_on": "", "based_on": 0,
            "body": '{"title":"x"}', "hash": "h", **values,
        }  # fmt: skip
        end = server.run(f"SELECT seq, hash FROM head WHERE school = '{row['school']}'", database)
        row |= {"seq": end[0][0] + 1, "prev": end[0][1]}  # type: ignore[operator]
        names = ", ".join(row)
        with psycopg.connect(server.url(database, login), autocommit=True) as connection:
            connection.execute(
                f"INSERT INTO event ({names}) VALUES ({', '.join(['%s'] * len(row))})",
                list(row.values()),  # type: ignore[call-overload]
            )

    @pytest.mark.parametrize(
        ("login", "values"),
        [
            ("t1", {}),
            ("co", {"author": "cyd", "visibility": "coach"}),
            ("hu", {"author": "hub", "school": "", "visibility": "network"}),
            ("hu", {"author": "hub", "school": "", "visibility": "network", "entity": "person"}),
            ("t1", {"record": named("change_idea", "s1", "team"), "version": 2, "visibility": "public"}),
            ("di", {"author": "dee", "entity": "ask", "record": named("ask", "s1", "district"), "version": 2,
                    "visibility": "district", "kind": "change",
                    "body": f'{{"text":"{SECRET}","to":"district","response":"yes"}}'}),
        ],
    )  # fmt: skip
    def test_what_is_theirs_is_written(
        self, server: Server, database: str, login: str, values: dict[str, object]
    ) -> None:
        self.insert(server, database, login, **values)

    @pytest.mark.parametrize(
        ("login", "values"),
        [
            ("t1", {"school": "s2"}),
            ("t1", {"school": ""}),
            ("t1", {"author": "tim"}),
            ("t1", {"entity": "person"}),
            ("co", {"author": "cyd", "visibility": "network"}),
            ("co", {"author": "cyd", "school": "s2", "visibility": "coach"}),
            ("co", {"author": "cyd", "school": "", "entity": "person", "visibility": "network"}),
            # a coach shares no record of a team, and does not see what the team keeps to itself
            ("co", {"author": "cyd", "record": named("change_idea", "s1", "coach"), "version": 2,
                    "visibility": "network"}),
            ("co", {"author": "cyd", "record": named("change_idea", "s1", "team"), "version": 2,
                    "visibility": "coach"}),
            ("hu", {"author": "hub"}),
            ("di", {"author": "dee", "visibility": "district"}),
            *(("di", {"author": "dee", "entity": "ask", "visibility": level}) for level in VISIBILITIES),
            # more than an answer, less than a record, or to more people
            ("di", {"author": "dee", "entity": "ask", "record": named("ask", "s1", "district"), "version": 2,
                    "visibility": "district", "body": '{"text":"other","to":"district","response":"yes"}'}),
            ("di", {"author": "dee", "entity": "ask", "record": named("ask", "s1", "district"), "version": 2,
                    "visibility": "district", "body": ""}),
            ("di", {"author": "dee", "entity": "ask", "record": named("ask", "s1", "district"), "version": 2,
                    "visibility": "public", "body": f'{{"text":"{SECRET}","to":"district","response":"yes"}}'}),
            ("di", {"author": "dee", "entity": "ask", "record": named("ask", "s1", "network"), "version": 2,
                    "visibility": "network", "body": f'{{"text":"{SECRET}","to":"district","response":"yes"}}'}),
            # a shared record of another school, taken over; versions out of turn; a body that is none
            ("t2", {"author": "tim", "school": "s2", "record": named("change_idea", "s1", "public"), "version": 2}),
            ("t1", {"record": named("change_idea", "s1", "team"), "version": 3}),
            ("t1", {"record": named("change_idea", "s1", "team"), "version": 0}),
            ("t1", {"record": named("change_idea", "s1", "team"), "version": 1}),
            ("t1", {"body": "{"}),
        ],
    )  # fmt: skip
    def test_what_is_not_theirs_is_refused(
        self, server: Server, database: str, login: str, values: dict[str, object]
    ) -> None:
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.IntegrityError, psycopg.DataError)):
            self.insert(server, database, login, **values)
        assert server.run("SELECT count(*) FROM event", database) == [(45,)]

    @pytest.mark.parametrize("login", ["t1", "hu", "di"])
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE event SET body = ''", "DELETE FROM event", "TRUNCATE event", "UPDATE head SET seq = 1",
            "DELETE FROM head", "INSERT INTO head VALUES ('s9', 1, '')", "UPDATE member SET school = 's2'",
            "INSERT INTO member VALUES ('t1', 's2', 'tim', 'team')", "DELETE FROM member",
            "ALTER TABLE event DISABLE ROW LEVEL SECURITY", "ALTER TABLE event DISABLE TRIGGER ALL",
            "DROP TRIGGER event_kept ON event", "DROP POLICY reads ON event",
            "CREATE POLICY more ON event USING (true)", "ALTER TABLE event OWNER TO t1", "DROP TABLE event",
            "CREATE TABLE public.event_2 (x int)", "CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS ''",
            "UPDATE alembic_version SET version_num = '9999'", "SELECT pdsa_ends()",
            "SET session_replication_role = replica", "GRANT pdsa_member TO nobody_yet", "ALTER USER t1 BYPASSRLS",
            "INSERT INTO event SELECT * FROM event ON CONFLICT (school, seq) DO UPDATE SET body = ''",
        ],
    )  # fmt: skip
    def test_tables_policies_and_members_are_the_owners(
        self, server: Server, written: str, login: str, statement: str
    ) -> None:
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)):
            server.run(statement, written, login)

    def test_the_owner_forges_nothing_unseen(self, server: Server, database: str) -> None:
        for statement in ("UPDATE event SET body = ''", "DELETE FROM event", "TRUNCATE event", "DELETE FROM head"):
            with pytest.raises(psycopg.errors.RaiseException):
                server.run(statement, database, OWNER)
        with pytest.raises(psycopg.errors.RaiseException):
            server.run("UPDATE head SET seq = 0", database, OWNER)

    def test_tables_of_the_same_name_mislead_nobody(self, server: Server, database: str) -> None:
        """A temporary table stands before all others, for the session that made it alone."""
        with open_log(server.url(database, "t1"), now=Ticks()) as log:
            log.apply([idea("before")])
        end = server.run("SELECT seq, hash FROM head WHERE school = 's1'", database)[0]
        with psycopg.connect(server.url(database, "t1"), autocommit=True) as connection:
            connection.execute("CREATE TEMP TABLE head (school text PRIMARY KEY, seq int, hash text)")
            connection.execute("CREATE TEMP TABLE member (db_user text, school text, person text, role text)")
            connection.execute("INSERT INTO member VALUES ('t1', 's2', 'tea', 'team'), ('t1', '', 'tea', 'hub')")
            assert {row[0] for row in connection.execute("SELECT record FROM event")} == {
                *allowed("team", ("s1",)), "before",
            }  # fmt: skip
            row = (
                "change_idea",
                "a",
                1,
                "s1",
                end[0] + 1,
                "create",
                "tea",
                "2026",
                "team",
                "",
                "",
                0,
                "{}",
                end[1],
                "h",
            )  # type: ignore[operator]
            connection.execute(f"INSERT INTO event ({COLUMNS}) VALUES ({', '.join(['%s'] * 15)})", row)  # type: ignore[call-overload]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other = ("change_idea", "b", 1, "s2", 16, "create", "tea", "2026", "team", "", "", 0, "{}", "", "h")
                connection.execute(f"INSERT INTO event ({COLUMNS}) VALUES ({', '.join(['%s'] * 15)})", other)  # type: ignore[call-overload]
            assert connection.execute("SELECT * FROM head").fetchall() == []
        assert server.run("SELECT hash FROM head WHERE school = 's1'", database) == [("h",)]

    def test_a_record_that_was_taken_back_is_not_written_by_others(self, server: Server, database: str) -> None:
        record = named("change_idea", "s1", "network")
        with open_log(server.url(database, "t1"), now=Ticks()) as team:
            team.apply([Change("change_idea", record, "s1", {"title": "mine"}, 1, visibility="team")])
        with open_log(server.url(database, "co"), now=Ticks()) as coach:
            assert record not in coach.state().ideas
            with pytest.raises(InputError) as error:
                coach.apply([Change("change_idea", record, "s1", {"title": "theirs"}, 3)])
            assert "expected" in str(error.value)
        assert server.run(f"SELECT max(version) FROM event WHERE record = '{record}'", database) == [(4,)]


class TestLogs:
    """The log as Python opens it, for a login."""

    def test_the_author_is_whom_the_login_was_granted_to(self, server: Server, database: str) -> None:
        with open_log(server.url(database, "t1")) as log:
            assert log.author == "tea"
            assert log.apply([idea("a")])[0].author == "tea"
        with open_log(server.url(database, "t1"), author="tim") as log, pytest.raises(InputError) as error:
            log.apply([idea("b")])
        assert str(error.value) == (
            "the improvement log: 1 problem found; nothing was saved, and nothing that was saved before is lost.\n"
            "  the database: found a school or a table that is not yours to read or write, "
            "expected your own school's records.\n"
            "  Next: ask the network's hub which schools your login is for."
        )

    def test_each_proves_what_they_read(self, server: Server, database: str) -> None:
        found = {}
        for login, *_ in MEMBERS:
            with open_log(server.url(database, login)) as log:
                verified = log.verify()
            assert verified.problems == ()
            found[login] = verified.partly
        assert found == {
            "t1": ("", "s2"), "t2": ("", "s1"), "co": ("s1", "s2"), "hu": ("s1", "s2"), "di": ("", "s1", "s2"),
        }  # fmt: skip
        server.run(
            "SET session_replication_role = replica; "
            "UPDATE event SET body = '{\"text\":\"y\"}' WHERE record = 'ask-s2-public'; "
            "DELETE FROM event WHERE record = 'driver-s1-team'", database,
        )  # fmt: skip
        told = {}
        for login, *_ in MEMBERS:
            with open_log(server.url(database, login)) as log:
                told[login] = [problem.found for problem in log.verify().problems]
        changed = "another content than its hash vouches for"
        missing = "an event missing or doubled before it"
        assert told == {"t1": [missing, changed], "t2": [changed], "co": [changed], "hu": [changed], "di": [changed]}

    def test_a_district_answers_an_ask(self, server: Server, database: str) -> None:
        with open_log(server.url(database, "di"), now=Ticks()) as log:
            held = log.history("ask", "ask-s1-district")[-1]
            answered = Change("ask", held.record, "s1", {**held.fields, "response": "It comes"}, held.version)
            assert log.apply([answered])[0].version == 2
        with open_log(server.url(database, "t1")) as log:
            assert log.verify().problems == ()
            assert log.history("ask", "ask-s1-district")[-1].author == "dee"

    def test_a_grant_replaces_what_was_before_and_can_be_taken_back(self, server: Server, database: str) -> None:
        owner = server.url(database, OWNER)
        grant(owner, "t1", "tea", "team", ["s2"])
        assert records(server, database, "t1") == allowed("team", ("s2",))
        revoke(owner, "t1")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            server.run("SELECT * FROM event", database, "t1")
        with pytest.raises(InputError, match="not yours to read or write"):
            open_log(server.url(database, "t1"))
        grant(owner, "t1", "tea", "team", ["s1"])

    def test_a_grant_that_makes_no_sense_is_told_whole(self, server: Server, database: str) -> None:
        with pytest.raises(ParamsError) as error:
            grant(server.url(database, OWNER), "no one", "", "team")
        assert [str(problem) for problem in error.value.problems] == [
            "login: found no 'no one' on this server, expected a login that exists (CREATE USER).",
            "person: found nobody, expected the id of a person in the log.",
            "schools: found none, expected the schools of a team.",
        ]
        with pytest.raises(ParamsError, match="sees every school's records anyway"):
            grant(server.url(database), "postgres", "tea", "team", ["s1"])
        with pytest.raises(ParamsError, match="found s1, expected none: a hub is for the whole network"):
            grant(server.url(database, OWNER), "t1", "tea", "hub", ["s1"])
        with pytest.raises(ParamsError, match="role: found 'boss', expected one of: team, coach, district, hub"):
            grant(server.url(database, OWNER), "t1", "tea", "boss")  # type: ignore[arg-type]
        with pytest.raises(InputError, match="not yours"):
            grant(server.url(database, "t1"), "t1", "tea", "team", ["s2"])

    def test_a_login_whose_name_is_a_trap_is_quoted(self, server: Server, database: str) -> None:
        name = 'x"; DROP TABLE event; --'
        quoted = name.replace('"', '""')
        server.run(f'CREATE USER "{quoted}"')
        try:
            grant(server.url(database, OWNER), name, "tea", "team", ["s1"])
            assert server.run("SELECT db_user FROM member WHERE person = 'tea' ORDER BY 1", database) == [
                ("t1",),
                (name,),
            ]
        finally:
            revoke(server.url(database, OWNER), name)
            server.run(f'DROP USER "{quoted}"')

    def test_installing_again_changes_nothing(self, server: Server, database: str) -> None:
        before = server.run("SELECT count(*) FROM event", database)
        assert install(server.url(database, OWNER)) == "0003"
        assert server.run("SELECT count(*) FROM event", database) == before


@pytest.fixture(scope="module")
def crowded(server: Server, installed: str, logins: None) -> Iterator[str]:
    """A database of 100 schools with 100 events each, a hundredth of them shared."""
    name = server.database(installed)
    grant(server.url(name, OWNER), "t1", "tea", "team", ["s7"])
    grant(server.url(name, OWNER), "co", "cyd", "coach", ["s7", "s8"])
    fill(server, name, 100, 100)
    yield name


def fill(server: Server, database: str, schools: int, events: int) -> None:
    """Events without chains, as many as it takes to see how they are found."""
    server.run(
        "SET session_replication_role = replica; INSERT INTO event SELECT 'cycle', 'c' || s || '-' || e, 1, 's' || s, "
        "e, 'create', 'a', '2026', CASE WHEN e % 100 = 0 THEN 'network' ELSE 'team' END, '', '', 0, repeat('x', 500), "
        "'', '' "
        f"FROM generate_series(1, {schools}) s, generate_series(1, {events}) e",
        database,
    )
    server.run("VACUUM ANALYZE event", database)


class TestSpeed:
    @pytest.mark.parametrize("login", ["t1", "co"])
    @pytest.mark.parametrize("query", ["SELECT * FROM event", "SELECT * FROM event WHERE school = 's7'"])
    def test_own_rows_are_found_through_an_index(self, server: Server, crowded: str, login: str, query: str) -> None:
        plan = "\n".join(str(row[0]) for row in server.run(f"EXPLAIN {query}", crowded, login))
        assert "Index Cond: (school = " in plan
        assert "Seq Scan on event" not in plan
        # the list of own schools is looked up once, not for each row
        assert "InitPlan" in plan
