"""``python -m worker`` of a version whose workflows do not fit to what has run: previews have another name there."""

import sys

from leverframe.contracts import names

names.PREVIEW = "plans"

if __name__ == "__main__":
    from worker.__main__ import main

    sys.argv[0] = "worker"
    main()
