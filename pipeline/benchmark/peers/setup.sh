#!/bin/sh
# Installs the runtimes that `segnet-stream benchmark` compares with, into a folder of their own outside the project.
# Needs Python 3.11 or newer, about 7 GB (PyPI's PyTorch for Linux brings CUDA) and a while. No part of the product.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder="${XDG_CACHE_HOME:-$HOME/.cache}/segnet-stream/peers"
"${PYTHON:-python3}" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --require-hashes -r "$here/requirements.lock"
"$folder/bin/python" "$here/peer.py" --list
echo "The peers are in $folder; delete it to be rid of them."
