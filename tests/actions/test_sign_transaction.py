"""What signing does while it holds the database: few statements, and nothing is rendered or checked there."""

from __future__ import annotations

from contextlib import contextmanager

from sqlalchemy import event

from reporter.integration import outgoing, pdf
from reporter.integration.wires import Destination
from tests.builders import NOW, a_draft, a_person, a_site, signs

WIRES = (Destination("EHR", "mllp"), Destination("FHIR", "fhir", url="http://127.0.0.1:9/fhir"))


def test_nothing_is_rendered_while_the_database_is_held_and_few_statements_are_run(sqlite_db, monkeypatch):
    # given
    a_site(sqlite_db)
    consultant = a_person(sqlite_db)
    study = a_draft(sqlite_db, consultant)
    begin, statements, rendered, inside = sqlite_db.begin, [], [], [False]

    @contextmanager
    def watched():
        with begin() as session:
            connection = session.connection()
            event.listen(connection, "before_cursor_execute", lambda *told: statements.append(told[2]))
            inside[0] = True
            yield session
            inside[0] = False

    def noting(name, act):
        def noted(*arguments, **named):
            rendered.append((name, inside[0]))
            return act(*arguments, **named)

        return noted

    monkeypatch.setattr(sqlite_db, "begin", watched)
    for room, name in ((outgoing, "render"), (outgoing, "check"), (pdf, "render")):
        monkeypatch.setattr(room, name, noting(f"{room.__name__}.{name}", getattr(room, name)))
    # when
    signs(sqlite_db, consultant, study, WIRES, NOW)
    # then
    assert len(rendered) == 5
    assert not any(within for _, within in rendered)
    assert len([s for s in statements if s.startswith("INSERT INTO signature")]) == 1
    assert len(statements) <= 20, statements
