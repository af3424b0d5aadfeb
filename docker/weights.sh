#!/bin/sh
# Those that are there already are not fetched again.
set -eu
exec hf download "$MODEL" --revision "$MODEL_REVISION"
