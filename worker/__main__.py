import sys

from worker.cli.app import app
from worker.cli.terminal import EXPECTED, errors


def main() -> None:
    """Run a command; what can go wrong outside the program is told in words, without a traceback."""
    try:
        app()
    except EXPECTED as error:
        errors.print(f"Error: {error}", style="red", markup=False, highlight=False)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
