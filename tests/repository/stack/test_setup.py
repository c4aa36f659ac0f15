"""`scripts/setup` where something is missing."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workshift.testing.processes import Process

from tests import ROOT
from tests.repository.stack.clone import Clone
from tests.repository.stack.packages import WHEEL, make_project, served


@pytest.fixture
def bare_folder(tmp_path: Path) -> Path:
    """What the script needs of the repository before it installs anything."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def programs(folder: Path, *names: str) -> str:
    """Return a PATH with these programs of this machine only."""
    folder.mkdir()
    for name in names:
        path = shutil.which(name)
        assert path
        (folder / Path(name).name).symlink_to(path)
    return str(folder)


def test_without_a_python_it_says_so_in_one_sentence(bare_folder: Path, tmp_path: Path) -> None:
    path = programs(tmp_path / "programs", "cat", "cmp", "dirname")
    # A shim of a version manager, which exists and does not run.
    shim = Path(path) / "python3.13"
    shim.write_text("#!/bin/sh\necho 'python3.13: command not found' >&2\nexit 127\n")
    shim.chmod(0o755)

    setup = Process(["scripts/setup"], folder=bare_folder, environment={"PATH": path})

    assert setup.wait() == 1
    assert setup.output.startswith("Python 3.12 or newer is required")
    assert setup.output.count("\n") == 1


def test_a_second_time_it_has_nothing_to_do_or_to_say(clone: Clone) -> None:
    dotenv = clone.dotenv.read_text()

    setup = clone.run("scripts/setup")

    assert setup.wait() == 0
    assert setup.output == ""
    assert clone.dotenv.read_text() == dotenv


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the files of a package index."""
    return tmp_path_factory.mktemp("index")


@pytest.fixture(scope="module")
def address(index: Path) -> Iterator[str]:
    """The address of the package index."""
    with served(index) as address:
        yield address


class TestWhatIsInstalled:
    """A small project, so that what is set up in it anew takes no time."""

    @pytest.fixture
    def project(self, tmp_path: Path, index: Path, address: str) -> Path:
        """A project of which nothing is installed."""
        folder = tmp_path / "a project"
        make_project(folder, address, index / WHEEL)
        return folder

    @pytest.fixture
    def set_up(self, environment: dict[str, str], tmp_path: Path) -> Callable[..., str]:
        """Run `scripts/setup` of a project on a machine with uv; return what it writes."""
        uv = programs(tmp_path / "uv", str(ROOT / ".venv/bin/uv"))
        clean = {
            name: value
            for name, value in environment.items()
            if not name.startswith(("PIP_", "UV_"))
        }

        def run(project: Path, **variables: str) -> str:
            path = f"{uv}{os.pathsep}{environment['PATH']}"
            setup = Process(
                [project / "scripts/setup"],
                folder=Path("/"),
                environment={
                    **clean,
                    "PATH": path,
                    "UV_CACHE_DIR": str(tmp_path / "cache"),
                    **variables,
                },
            )
            assert setup.wait() == 0, setup.output
            assert run_parcel(project) == "It runs.\n"
            return setup.output

        return run

    @pytest.mark.parametrize(
        "settings",
        [
            {"UV_EXCLUDE_NEWER": "2020-01-01"},
            {"UV_PRERELEASE": "allow", "UV_RESOLUTION": "lowest", "UV_FORK_STRATEGY": "fewest"},
            {"UV_NO_DEV": "1", "UV_NO_GROUP": "dev", "UV_NO_DEFAULT_GROUPS": "1"},
            {"UV_FROZEN": "1", "UV_LOCKED": "1"},
            {"UV_OFFLINE": "1", "UV_NO_BINARY": "1", "UV_NO_SYNC": "1"},
            {"UV_PYTHON": "3.99", "UV_PROJECT": "/", "UV_NO_CONFIG": "1"},
            {"UV_EXTRA_INDEX_URL": "http://127.0.0.1:9/simple", "VIRTUAL_ENV": "/elsewhere"},
        ],
        ids=lambda settings: next(iter(settings)),
    )
    def test_no_variable_of_a_users_changes_it(
        self, project: Path, set_up: Callable[..., str], settings: dict[str, str]
    ) -> None:
        set_up(project, **settings)

    @pytest.mark.parametrize(
        "setting", ['exclude-newer = "2020-01-01"', 'prerelease = "allow"', 'resolution = "lowest"']
    )
    def test_no_uv_toml_of_a_users_changes_it(
        self, project: Path, set_up: Callable[..., str], tmp_path: Path, setting: str
    ) -> None:
        (tmp_path / "config/uv").mkdir(parents=True)
        (tmp_path / "config/uv/uv.toml").write_text(setting)

        set_up(project, XDG_CONFIG_HOME=str(tmp_path / "config"))

    @pytest.mark.parametrize(
        "told",
        [
            {"UV_DEFAULT_INDEX": "{index}"},
            {"UV_INDEX_URL": "{index}"},
            {"PIP_INDEX_URL": "{index}/"},
            {"XDG_CONFIG_HOME": 'uv/uv.toml: index-url = "{index}"\nexclude-newer = "2020-01-01"'},
            {"XDG_CONFIG_HOME": 'uv/uv.toml: [[index]]\nurl = "{index}"\ndefault = true'},
            {"PIP_CONFIG_FILE": "pip.conf: [global]\nindex-url = {index}"},
        ],
        ids=str,
    )
    def test_a_mirror_of_a_users_is_where_it_comes_from(
        self,
        tmp_path: Path,
        index: Path,
        address: str,
        set_up: Callable[..., str],
        told: dict[str, str],
    ) -> None:
        project = tmp_path / "project"
        # As behind a firewall: nobody answers where the lock says that the file is.
        make_project(project, "http://127.0.0.1:9", index / WHEEL)
        [(name, value)] = told.items()
        value = value.format(index=f"{address}/simple")
        file, separator, text = value.partition(": ")
        if separator:
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text)
            value = str(tmp_path / file if name.endswith("FILE") else tmp_path)

        set_up(project, **{name: value})

    def test_a_mirror_cannot_send_something_else(
        self, tmp_path: Path, address: str, set_up: Callable[..., str]
    ) -> None:
        project = tmp_path / "project"
        make_project(project, "http://127.0.0.1:9", Path(__file__))

        with pytest.raises(AssertionError, match=r"(?i)hash"):
            set_up(project, UV_DEFAULT_INDEX=f"{address}/simple")

    def test_what_somebody_has_removed_is_there_again(
        self, project: Path, set_up: Callable[..., str]
    ) -> None:
        set_up(project, UV_NO_DEV="1")
        (project / ".venv/bin/parcel").unlink()
        shutil.rmtree(next(project.glob(".venv/lib/*/site-packages/parcel-1.0.dist-info")))

        set_up(project)

    def test_in_a_folder_that_was_renamed_the_programs_run(
        self, project: Path, set_up: Callable[..., str]
    ) -> None:
        set_up(project)
        renamed = project.rename(project.with_name("renamed"))

        written = set_up(renamed)

        assert written == (
            f"The programs in .venv work only in {project}/.venv, so it is created again.\n"
        )

    def test_an_environment_that_is_kept_elsewhere_stays(
        self, project: Path, set_up: Callable[..., str]
    ) -> None:
        set_up(project)
        elsewhere = project.rename(project.with_name("elsewhere"))
        set_up(elsewhere)
        shutil.copytree(elsewhere, project, ignore=shutil.ignore_patterns(".venv"))
        (project / ".venv").symlink_to(elsewhere / ".venv")

        assert set_up(project) == ""
        assert (project / ".venv").is_symlink()

    def test_a_lock_that_does_not_fit_is_said(
        self, project: Path, set_up: Callable[..., str]
    ) -> None:
        set_up(project)
        text = (project / "pyproject.toml").read_text()
        (project / "pyproject.toml").write_text(text.replace('"parcel"', '"parcel>=1"'))

        with pytest.raises(
            AssertionError, match=r"uv.lock does not match pyproject.toml; run `./scripts/uv lock`"
        ):
            set_up(project)

    def test_no_setting_of_pips_keeps_uv_from_being_installed(
        self, project: Path, environment: dict[str, str], tmp_path: Path
    ) -> None:
        (tmp_path / "pip.conf").write_text(
            "[install]\nuser = true\nrequire-hashes = true\nroot = /nowhere\ndry-run = true\n"
        )
        setup = Process(
            [project / "scripts/setup"],
            folder=project,
            environment={
                **environment,
                "PIP_PREFIX": "/nowhere",
                "PIP_TARGET": "/nowhere",
                "PIP_CONSTRAINT": "/nowhere",
                "PIP_REQUIRE_HASHES": "1",
                "PIP_REQUIRE_VIRTUALENV": "1",
                "PIP_USER": "1",
                "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
            },
        )

        assert setup.wait() == 0, setup.output
        assert (project / ".tools/uv/bin/uv").exists()
        assert run_parcel(project) == "It runs.\n"


def run_parcel(project: Path) -> str:
    """Run the program of the small project's package, by its path."""
    done = subprocess.run(
        [project / ".venv/bin/parcel"], check=True, capture_output=True, text=True
    )
    return done.stdout


class TestTheInterpreter:
    """Every call of uv takes that of the environment, and asks for no other one."""

    def test_for_the_hook_of_a_commit(self, clone: Clone) -> None:
        hook = clone.run(
            *(".venv/bin/pre-commit", "run", "uv-lock", "--files", "pyproject.toml"),
            UV_PYTHON="3.99",
        )

        assert hook.wait() == 0, hook.output
        assert "Passed" in hook.output

    def test_for_uv_by_our_script(self, clone: Clone, tmp_path: Path) -> None:
        (tmp_path / "uv").mkdir()
        (tmp_path / "uv/.python-version").write_text("3.99\n")

        check = clone.run(
            *("scripts/uv", "sync", "--check", "--frozen", "--offline"),
            UV_PYTHON="3.98",
            XDG_CONFIG_HOME=str(tmp_path),
        )

        assert check.wait() == 0, check.output
        assert "Would make no changes" in check.output

    def test_for_uv_by_hand(self, clone: Clone) -> None:
        check = clone.run(".venv/bin/uv", "sync", "--check", "--offline")

        assert check.wait() == 0, check.output
        assert "Would make no changes" in check.output
