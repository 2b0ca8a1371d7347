"""Makes .venv with the pinned requirements. Standard library alone: it runs before anything is there.

usage: install.py requirements.txt
"""

import hashlib
import os
import shutil
import subprocess
import sys

WANTED = (3, 11)
NEEDED_GB = 4
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
UV = os.path.join(VENV, "bin", "uv")


def stop(sentence):
    """Ends with one sentence and an exit code that is not 0."""
    sys.stderr.write("install: " + sentence + "\n")
    sys.exit(2)


def say(sentence):
    """Tells what goes on."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def check_machine():
    """Refuses early what cannot end well."""
    if sys.version_info[:2] != WANTED:
        here = ".".join(str(part) for part in sys.version_info[:2])
        stop(
            "Python 3.11 is needed and this is %s; install it, or name it: make run PYTHON=python3.11" % here
        )
    free = shutil.disk_usage(ROOT).free // 2**30
    if not os.path.exists(PYTHON) and free < NEEDED_GB:
        stop("%d GB of free disk are needed and %d are free in %s." % (NEEDED_GB, free, ROOT))


def stamp_of(requirements):
    """The file that says that these requirements are installed, and what it must hold."""
    digest = hashlib.sha256()
    for name in (requirements, "pyproject.toml"):
        with open(os.path.join(ROOT, name), "rb") as source:
            digest.update(source.read())
    return os.path.join(VENV, "." + requirements + ".installed"), ROOT + " " + digest.hexdigest()


def is_installed(requirements):
    """Whether .venv holds exactly these requirements."""
    path, wanted = stamp_of(requirements)
    try:
        with open(path) as stamp:
            return stamp.read() == wanted and os.path.exists(PYTHON)
    except OSError:
        return False


def run(arguments, sentence):
    """Runs a command; when it fails, shows the end of what it said and stops."""
    environment = dict(os.environ, UV_NO_PROGRESS="1", VIRTUAL_ENV=VENV, UV_LINK_MODE="copy")
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        tail = done.stdout.decode("utf-8", "replace").strip().splitlines()[-6:]
        stop(sentence + " What was said:\n  " + "\n  ".join(tail))


def make_environment():
    """An empty environment and uv in it."""
    if not os.path.exists(PYTHON):
        say("Making .venv ...")
        run(
            [sys.executable, "-m", "venv", VENV],
            "The environment could not be made (on Debian the package python3.11-venv may be missing).",
        )
    if not os.path.exists(UV):
        wanted = os.path.join(ROOT, "tools", "requirements-uv.txt")
        run(
            [
                PYTHON,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "-r",
                wanted,
            ],
            "The installer uv could not be installed; is a package registry within reach?",
        )


def main():
    """Installs what is missing."""
    requirements = sys.argv[1]
    check_machine()
    if is_installed(requirements):
        return
    make_environment()
    say("Installing the pinned requirements (about 600 MB to download the first time) ...")
    run(
        [UV, "pip", "install", "--python", PYTHON, "--require-hashes", "-r", requirements],
        "The requirements could not be installed; .venv may be broken: 'make clean' and try again.",
    )
    run(
        [UV, "pip", "install", "--python", PYTHON, "--no-deps", "--no-build-isolation", "-e", "."],
        "The program itself could not be installed.",
    )
    path, wanted = stamp_of(requirements)
    with open(path, "w") as stamp:
        stamp.write(wanted)


if __name__ == "__main__":
    main()
