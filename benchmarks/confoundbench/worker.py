"""Run one console script many times in one process: what a tool's command line does, without its start each time.

Runs in the Python that has the tool, which is why it imports nothing of ours. Reads one JSON list of arguments a line,
and answers with exit status, stdout and stderr as one JSON line.
"""

import contextlib
import io
import json
import sys
from importlib.metadata import entry_points


def main(name: str) -> None:
    """Answer until the input ends."""
    (script,) = entry_points(group="console_scripts", name=name)
    call, answers = script.load(), sys.stdout
    for line in sys.stdin:
        sys.argv = [name, *json.loads(line)]
        out, err = io.StringIO(), io.StringIO()
        status = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                status = call() or 0
            except SystemExit as stopped:
                status = stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
            except Exception as error:
                status = 70
                err.write(f"{type(error).__name__}: {error}")
        answers.write(json.dumps([status, out.getvalue(), err.getvalue()]) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
