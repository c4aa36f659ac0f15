"""What the files in `deploy/` say."""

import configparser
import json
import re
import shlex
import signal
from pathlib import Path
from typing import Any

import yaml

from tests import ROOT

FOLDER = ROOT / "deploy"


def services(name: str = "compose.yaml") -> dict[str, Any]:
    """Return the services of a Compose file by their name."""
    return dict(yaml.safe_load((FOLDER / name).read_text())["services"])


def command(service: str) -> list[str]:
    """Return the command of a service in production, word by word."""
    return shlex.split(services()[service]["command"])


def stop_signal() -> signal.Signals:
    """Return the signal that stops a container of the image."""
    return signal.Signals[_dockerfile(r"STOPSIGNAL (\w+)")]


def health_check() -> list[str]:
    """Return the command that tells whether a container of the image is well."""
    return list(json.loads(_dockerfile(r"HEALTHCHECK .*CMD (\[.*\])")))


def _dockerfile(instruction: str) -> str:
    """Return the group in a regular expression of an instruction that is there once."""
    text = (FOLDER / "Dockerfile").read_text()
    [found] = re.findall(f"^{instruction}$", text, re.MULTILINE)
    return str(found)


def manifests() -> dict[tuple[str, str], dict[str, Any]]:
    """Return what is in the Kubernetes manifests by kind and name."""
    text = (FOLDER / "kubernetes/site.yaml").read_text()
    found = yaml.safe_load_all(text)
    return {(one["kind"], one["metadata"]["name"]): one for one in found}


def pods() -> dict[str, dict[str, Any]]:
    """Return the specification of each kind of pod by its name."""
    return {
        name: manifest["spec"]["template"]["spec"]
        for (_, name), manifest in manifests().items()
        if "template" in manifest["spec"]
    }


def unit(name: str) -> dict[str, str]:
    """Return the section `[Service]` of a systemd unit."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign] # Its names have capitals.
    parser.read_string(unit_path(name).read_text())
    return dict(parser["Service"])


def unit_path(name: str) -> Path:
    """Return the path of a systemd unit."""
    return FOLDER / "systemd" / f"site-{name}.service"


def seconds(duration: str) -> int:
    """Return how long a duration of a Compose file is: `1m`, `345s`."""
    minutes, rest = re.fullmatch(r"(?:(\d+)m)?(?:(\d+)s)?", duration).groups("0")  # type: ignore[union-attr]
    return int(minutes) * 60 + int(rest)
