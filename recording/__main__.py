"""`./scripts/record`: run the stack in a fresh clone as the README says, and draw what happens."""

import argparse
import subprocess
import tempfile
from pathlib import Path

from recording.drawing import THEMES, svg
from recording.run import record

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write `recording-light.svg` and `recording-dark.svg` into the folder of `--output`."""
    parser = argparse.ArgumentParser(prog="./scripts/record", description=__doc__)
    parser.add_argument(
        "--output", type=Path, default=ROOT / "recording/pictures", metavar="FOLDER"
    )
    parser.add_argument("--port", type=int, default=8000, help="of the web process, default 8000")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "shop"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        moments = record(clone, options.port)
    for theme in THEMES:
        file = options.output / f"recording-{theme}.svg"
        file.write_text(svg(moments, theme))
        print(f"{file} ({file.stat().st_size / 1000:.0f} kB)")


if __name__ == "__main__":
    main()
