#!/usr/bin/env bash
# Create the virtual environment from the locked dependencies: with uv if it is there, else with venv and pip.
set -euo pipefail
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}

say() { printf '%s\n' "$*" >&2; }

if ! command -v "$PYTHON" >/dev/null; then
    say "Python 3.11 or newer is needed (system package: python3)."
    exit 1
fi
if ! "$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))'; then
    say "Python 3.11 to 3.14 is needed; $("$PYTHON" --version) is what \`$PYTHON\` runs. Try: make PYTHON=python3.12 …"
    exit 1
fi
say "Installing the locked dependencies into $VENV (once; about half a minute) …"
if command -v uv >/dev/null; then
    [ -x "$VENV/bin/python" ] || uv venv --quiet --python "$PYTHON" "$VENV"
    uv pip sync --quiet --python "$VENV/bin/python" --require-hashes requirements.lock
else
    if [ ! -x "$VENV/bin/python" ] && ! "$PYTHON" -m venv "$VENV" 2>/dev/null; then
        rm -rf "$VENV"
        say "Python's venv module is missing (system package: python3-venv)."
        exit 1
    fi
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
fi
# The command `greenlight` of this checkout, from any directory.
cat > "$VENV/bin/greenlight" <<EOF
#!/bin/sh
PYTHONPATH="$PWD\${PYTHONPATH:+:\$PYTHONPATH}" exec "$PWD/$VENV/bin/python" -m bot "\$@"
EOF
chmod +x "$VENV/bin/greenlight"
touch "$VENV/.ready"
