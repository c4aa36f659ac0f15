"""A project that was started from the repository: what is in it, and what is not."""

import re
import sys
from pathlib import Path

import pytest
import yaml

from tests import ROOT
from tests.repository.starting.starter import (
    LEFTOVER,
    Template,
    configure_git,
    git,
    run,
    tool,
    tracked,
)

LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


def pytest_in(project: Path, *arguments: str) -> str:
    """Run tests of a project, with the packages of ours."""
    return run(
        *(sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-q", *arguments),
        folder=project,
        environment={"PYTHONDONTWRITEBYTECODE": "1"},
    )


def test_it_is_one_commit_with_a_secret_of_its_own(shop: Path) -> None:
    assert git(shop, "log", "--format=%s") == "Start my_shop\n"
    assert git(shop, "status", "--porcelain") == ""
    assert re.search(r"^SECRET_KEY=\S{50,}$", (shop / ".env").read_text(), re.MULTILINE)
    assert re.search(r"^REDIS_PREFIX=my_shop:", (shop / ".env").read_text(), re.MULTILINE)


def test_it_is_small(shop: Path) -> None:
    its_own = [path for path in tracked(shop) if not path.is_relative_to(shop / "packages")]
    # Each of these files is for one way to deploy: nobody keeps them all.
    deploy = {path for path in its_own if path.is_relative_to(shop / "deploy")}

    for files, count, lines in ((set(its_own) - deploy, 105, 5700), (deploy, 12, 650)):
        texts = [path for path in files if path.name != "uv.lock" and path.suffix != ".mo"]
        assert len(files) <= count
        assert sum(path.read_text().count("\n") for path in texts) <= lines


def test_the_library_is_in_it_as_it_is(shop: Path, template: Template) -> None:
    library = "packages/workshift"
    ours = git(template.folder, "ls-tree", "-r", "HEAD", "--", library).splitlines()

    assert git(shop, "ls-tree", "-r", "HEAD", "--", library).splitlines() == [
        line for line in ours if not re.search(rf"\t{library}/(manage\.py|tests/)", line)
    ]


def test_nothing_in_it_has_our_name(shop: Path) -> None:
    for path in tracked(shop):
        # Where copier finds the repository again.
        if path.name == ".copier-answers.yml" or path.is_relative_to(shop / "packages"):
            continue
        assert not re.search(LEFTOVER, path.name, re.IGNORECASE), path
        text = path.read_bytes().decode(errors="replace")
        # Elsewhere "django-celery" is a part of other packages' names.
        if path.suffix != ".md" and path.name != "uv.lock":
            assert not re.search(LEFTOVER, text, re.IGNORECASE), path
        assert not re.search(r"\bdjango_celery\b|django-celery-starter", text), path


def test_nothing_in_it_is_about_the_repository_that_it_came_from(shop: Path) -> None:
    for name in (".ci", "LICENSE", "benchmarks", "copier.yml", "starting", "tests/repository"):
        assert (ROOT / name).exists()
        assert not (shop / name).exists()
    assert {path.name for path in (shop / "scripts").iterdir()} == (
        {"app", "dev", "lint", "setup", "test", "update", "uv"}
    )
    for path in tracked(shop):
        if path.name != "uv.lock" and not path.is_relative_to(shop / "packages"):
            text = path.read_bytes().decode(errors="replace")
            assert not re.search(r"scripts/(bench|start|rename)|benchmarks|copier\.yml", text), path
            assert "./.ci/" not in text, path


def test_every_link_leads_somewhere(shop: Path) -> None:
    links = [
        (path, link)
        for path in [*shop.glob("*.md"), *shop.glob("docs/*.md")]
        for link in LINK.findall(path.read_text())
        if "://" not in link
    ]

    assert links
    assert [(path, link) for path, link in links if not (path.parent / link).exists()] == []


def test_every_script_that_the_documentation_names_exists(shop: Path) -> None:
    for path in [*shop.glob("*.md"), *shop.glob("docs/*.md")]:
        for name in re.findall(r"\bscripts/([\w.]+\w)", path.read_text()):
            assert (shop / "scripts" / name).exists(), path


def test_it_is_clean_by_its_own_rules(shop: Path) -> None:
    run(tool("ruff"), "check", "--no-cache", folder=shop)
    run(tool("ruff"), "format", "--check", "--no-cache", folder=shop)
    run(tool("uv"), "lock", "--check", "--python", sys.executable, folder=shop)
    assert 'name = "my-shop"\nversion = "0.1.0"' in (shop / "uv.lock").read_text()


def test_it_works(shop: Path) -> None:
    run(sys.executable, "-B", "manage.py", "check", folder=shop)
    pytest_in(shop, "feedback/tests/test_forms.py", "tests/test_error_pages.py")


def test_with_other_answers(template: Template, tmp_path: Path) -> None:
    name = "a_name_that_is_much_longer_than_the_one_which_it_replaces"
    project = tmp_path / "project"

    template.copy(project, name=name, port=8123, languages="en")

    assert yaml.safe_load((project / ".copier-answers.yml").read_text()) == {
        "_commit": "v1.0.0",
        "_src_path": str(template.folder),
        "name": name,
        "demo": True,
        "port": 8123,
        "languages": "en",
    }
    assert "PORT=8123\n" in (project / ".env").read_text()
    assert "http://localhost:8123" in (project / "README.md").read_text()
    run(tool("ruff"), "check", "--no-cache", folder=project)
    run(tool("ruff"), "format", "--check", "--no-cache", folder=project)
    assert not list(project.glob("*/locale"))
    # What needs the Russian texts is skipped.
    written = pytest_in(project, "feedback/tests/test_views.py", "feedback/tests/test_tasks.py")
    assert "skipped" in written


def test_the_name_is_that_of_the_folder(template: Template, tmp_path: Path) -> None:
    template.copy(tmp_path / "9 Shop-9_")

    assert (tmp_path / "9 Shop-9_" / "shop_9" / "settings.py").exists()


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"name": "celery"}, "a package that the project uses has this name; try my_celery."),
        ({"name": "My-Shop"}, "try my_shop."),
        ({"port": 65536}, "65536; choose one between 1024 and 65535."),
        ({"port": 80}, "choose one between 1024 and 65535."),
        ({"name": "orders"}, "the documentation adds an app of this name; try my_orders."),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    template: Template, tmp_path: Path, answers: dict[str, object], sentence: str
) -> None:
    written = template.copy(tmp_path / "shop", **{"name": "shop", **answers})

    assert sentence in written
    assert "Traceback" not in written
    assert list(tmp_path.glob("**/*")) == []


def test_what_is_refused_leaves_an_empty_folder_as_it_is(
    template: Template, tmp_path: Path
) -> None:
    written = template.copy(tmp_path, name="My-Shop")

    assert "try my_shop." in written
    assert list(tmp_path.glob("**/*")) == []


def test_a_folder_with_something_in_it_stays_as_it_is(template: Template, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/manage.py").write_text("mine")

    written = template.copy(tmp_path / "mine", name="shop")

    assert "is not empty; choose a folder that is empty or new." in written
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["manage.py"]
    assert (tmp_path / "mine/manage.py").read_text() == "mine"


def test_in_a_repository_of_somebody_it_begins_none(template: Template, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")

    template.copy(tmp_path / "shop")

    assert (tmp_path / "shop" / "shop" / "settings.py").exists()
    assert not (tmp_path / "shop" / ".git").exists()


def test_where_git_does_not_know_who_commits(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
    ):
        monkeypatch.delenv(name)
    # Neither a configuration nor a guess from the name of the machine.
    (tmp_path / ".gitconfig").write_text("[user]\n    useConfigOnly = true\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")

    written = template.copy(tmp_path / "shop")

    assert git(tmp_path / "shop", "log", "--format=%an <%ae>") == "shop <shop@localhost>\n", written


def test_where_git_writes_line_ends_of_windows_it_does_not_here(
    template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_git(monkeypatch, tmp_path, "core.autocrlf=true")
    template.copy(tmp_path / "shop")
    git(tmp_path, "clone", "--quiet", "shop", "clone")

    for folder in (tmp_path / "shop", tmp_path / "clone"):
        assert git(folder, "status", "--porcelain") == ""
        for path in tracked(folder):
            assert b"\r\n" not in path.read_bytes(), path


def test_whatever_git_ignores_elsewhere_is_in_the_first_commit(
    template: Template, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ignore").write_text(".vscode/\n*.mo\nuv.lock\n.env*\ndocs\n.*\n/scripts/**\n")
    configure_git(monkeypatch, tmp_path, f"core.excludesFile={tmp_path / 'ignore'}")

    template.copy(tmp_path / "my_shop")

    assert git(tmp_path / "my_shop", "ls-files") == git(shop, "ls-files")
    assert git(tmp_path / "my_shop", "status", "--porcelain") == ""
