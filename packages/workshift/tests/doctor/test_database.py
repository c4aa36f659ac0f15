"""What the doctor says of the database and of durable tasks."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from tests.doctor.conftest import doctor
from tests.mysite.letters.models import Letter
from tests.reload.project import Project
from workshift.doctor.context import Context
from workshift.doctor.database import migrations, models
from workshift.doctor.durable import rows
from workshift.doctor.findings import Level

HOUR = timedelta(hours=1)


@pytest.mark.django_db
def test_a_migration_that_is_not_applied(context: Context) -> None:
    [before] = migrations(context)
    MigrationRecorder(connection).record_unapplied("letters", "0001_initial")
    [after] = migrations(context)

    assert before.level is Level.OK
    assert after.level is Level.PROBLEM
    assert "letters.0001_initial" in str(after)
    assert "manage.py migrate" in str(after)


def test_a_model_that_has_changed_since_its_migration(context: Context) -> None:
    [before] = models(context)
    field = Letter._meta.get_field("text")
    field.null = True
    try:
        [after] = models(context)
    finally:
        field.null = False

    assert before.level is Level.OK
    assert after.level is Level.PROBLEM
    assert "The models in letters" in str(after)
    assert "manage.py makemigrations" in str(after)


def test_a_database_in_a_folder_that_does_not_exist(project: Project) -> None:
    dotenv = project.read(".env")
    folder = project.folder / "missing"
    project.write(".env", f"{dotenv}DATABASE_URL=sqlite:///{folder}/db.sqlite3\n")
    said = doctor(project)

    assert f"problem  The folder {folder}, where the database should be," in said
    assert "correct DATABASE_URL" in said
    assert "manage.py migrate" not in said


@pytest.mark.django_db
def test_rows_that_nobody_works_on(context: Context) -> None:
    letter = Letter.objects.create(text="late")
    context.workers = {}
    [in_time] = rows(context)
    Letter.objects.filter(pk=letter.pk).update(due_at=timezone.now() - HOUR)
    [without_worker] = rows(context)
    context.workers = {"worker@host": set()}
    [with_worker] = rows(context)

    assert in_time.level is Level.OK
    assert without_worker.level is Level.WARNING
    assert with_worker.level is Level.PROBLEM
    assert "1 row overdue, the oldest for 360" in str(with_worker)


@pytest.mark.django_db
def test_rows_that_have_failed(context: Context) -> None:
    context.workers = {}
    Letter.objects.create(text="lost")
    Letter.objects.update(status="failed", last_error="No route.", finished_at=timezone.now())

    [finding] = rows(context)

    assert finding.level is Level.WARNING
    assert "No route." in str(finding)
    assert "Letter.objects.all().try_again()" in str(finding)


@pytest.mark.django_db(transaction=True)
def test_a_table_that_is_missing_is_no_traceback(context: Context) -> None:
    with connection.schema_editor() as editor:
        editor.delete_model(Letter)
    try:
        assert list(rows(context)) == []
    finally:
        with connection.schema_editor() as editor:
            editor.create_model(Letter)
