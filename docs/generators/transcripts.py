"""Transcripts: what a page says a command prints is what the command prints.

A transcript is a comment that names the command, and a fenced block that follows it at once:

    <!-- transcript: audit scan issue-96 -->
    ```text
    $ audit scan issue-96
    (what it prints)
    ```

The commands of one page run in order in one scratch folder with a copy of `docs/examples`. A comment may end in
`exit 2` or the like; without it 0 and 1 are right, which is an audit that could be done.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"(?P<head><!-- transcript: (?P<command>audit [^\n]*?)(?: exit (?P<status>\d))? -->\n```text\n)"
    r"(?P<body>.*?)(?P<foot>^```$)",
    re.DOTALL | re.MULTILINE,
)
WIDTH = 110


class TranscriptError(Exception):
    """A command of a transcript ended otherwise than the page says."""


@dataclass(frozen=True)
class Transcript:
    """One block of a page."""

    command: str
    """The command line."""
    shown: str
    """What the page says it prints."""
    printed: str
    """What it prints."""


def documents(root: Path) -> list[Path]:
    """Return the pages that may hold transcripts."""
    return [root / "README.md", *sorted((root / "docs").rglob("*.md"))]


def pages(root: Path) -> dict[Path, str]:
    """Return every page that holds a transcript, with its transcripts made true."""
    made: dict[Path, str] = {}
    for path in documents(root):
        text = path.read_text(encoding="utf-8")
        if BLOCK.search(text):
            made[path] = renewed(text, transcripts(root, text))
    return made


def renewed(text: str, found: list[Transcript]) -> str:
    """Return a page with what its commands print, given its transcripts in order."""
    pieces: list[str] = []
    end = 0
    for match, transcript in zip(BLOCK.finditer(text), found, strict=True):
        pieces += [text[end : match.start("body")], transcript.printed]
        end = match.end("body")
    return "".join([*pieces, text[end:]])


def transcripts(root: Path, text: str) -> list[Transcript]:
    """Run the commands of one page's transcripts and return what they print beside what the page says."""
    with tempfile.TemporaryDirectory() as scratch:
        if (root / "docs" / "examples").is_dir():
            shutil.copytree(root / "docs" / "examples", Path(scratch) / "docs" / "examples")
        return [
            Transcript(match["command"], match["body"], _run(root, Path(scratch), match))
            for match in BLOCK.finditer(text)
        ]


def _run(root: Path, scratch: Path, match: re.Match[str]) -> str:
    arguments = shlex.split(match["command"])[1:]
    done = subprocess.run(
        [sys.executable, "-m", "auditor", *arguments],
        cwd=scratch,
        env={key: value for key, value in os.environ.items() if not key.startswith("AUDIT_")}
        | {"PYTHONPATH": str(root), "COLUMNS": str(WIDTH), "NO_COLOR": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    allowed = {int(match["status"])} if match["status"] else {0, 1}
    if done.returncode not in allowed:
        raise TranscriptError(f"'{match['command']}' ended with {done.returncode}:\n{done.stderr}")
    printed = done.stderr if done.returncode == 2 else done.stdout
    lines = "\n".join(line.rstrip() for line in printed.splitlines()).strip("\n")
    # A built page shows no comment, and output alone teaches nothing.
    return f"$ {match['command']}\n{lines}\n"
