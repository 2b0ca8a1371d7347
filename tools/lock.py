"""Compiles requirements*.txt from pyproject.toml: versions and hashes, no address of a registry."""

import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UV = os.path.join(ROOT, ".venv", "bin", "uv")
COMMON = [UV, "pip", "compile", "pyproject.toml", "--python-version", "3.11", "--generate-hashes"]
QUIET = ["--no-annotate", "--no-header", "--quiet"]


def main():
    """Writes both files; the second holds the first's versions."""
    subprocess.run([*COMMON, *QUIET, "-o", "requirements.txt"], cwd=ROOT, check=True)
    second = [*COMMON, *QUIET, "--group", "dev", "-c", "requirements.txt", "-o", "requirements-dev.txt"]
    subprocess.run(second, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
