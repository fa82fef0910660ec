"""Asks GNU Octave: values, indices and cases as JSON, written as Octave source, run in one process, read back.

A value is ``[class, size, elements]``, elements in column-major order, NaN and infinities as text. An index is one of

    3, "end", "end-2"                        a place
    ":"                                      all
    ["range", first, step, last]             first:step:last, each a place
    ["index", size, places]                  a matrix of places
    ["mask", size, zeros and ones]           a logical mask
"""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

PROGRAM = "octave-cli"
PROLOGUE = """1;
function emit(tag, y)
  if isreal(y) && (isnumeric(y) || islogical(y))
    printf("%s|%s|%s|%s\\n", tag, class(y), sprintf("%d ", size(y)), sprintf("%.9g ", y));
  else
    printf("%s|%s||\\n", tag, class(y));
  end
end
"""
"""Nine digits tell any two float32 numbers apart."""


def installed() -> bool:
    """Return whether Octave is on the PATH."""
    return shutil.which(PROGRAM) is not None


def version() -> str:
    """Return the version of the Octave on the PATH."""
    return run("printf('%s\\n', version());").strip()


def run(source: str) -> str:
    """Return what Octave prints when it runs ``source``."""
    command = [PROGRAM, "--no-init-file", "--no-history", "--no-window-system", "--quiet", "/dev/stdin"]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True, timeout=240).stdout


def literal(value: Any) -> str:
    """Return an argument as Octave source: a value, a number, a text, or [] for None."""
    if value is None:
        return "[]"
    if isinstance(value, str):
        return f'"{value}"'
    if not isinstance(value, list):
        return repr(value)
    if not (value and isinstance(value[0], str)):
        return _row(value)
    kind, size, elements = value
    return f"{kind}(reshape({_row(elements)},{_row(size)}))"


def subscript(index: Any) -> str:
    """Return one index as Octave source."""
    if not isinstance(index, list):
        return str(index)
    kind, *rest = index
    if kind == "range":
        return ":".join(map(str, rest))
    return literal(["logical" if kind == "mask" else "double", *rest])


def subscripts(indices: list[Any]) -> str:
    """Return the indices as Octave source, without the parentheses."""
    return ",".join(map(subscript, indices))


def ask(blocks: list[str]) -> list[dict[str, Any]]:
    """Run blocks of statements that call ``emit(tag, value)``; return each block's values by tag.

    A block that Octave refuses gives its message under ``error``.
    """
    lines = [PROLOGUE]
    for number, block in enumerate(blocks):
        lines.append(
            f'printf("#{number}\\n"); try, {block}\n'
            'catch problem, printf("error|%s\\n", strrep(problem.message, "\\n", " ")), end\n'
        )
    answers: list[dict[str, Any]] = []
    for line in run("".join(lines)).splitlines():
        if line.startswith("#"):
            answers.append({})
            continue
        tag, *fields = line.split("|")
        answers[-1][tag] = fields[0] if tag == "error" else _value(*fields)
    if len(answers) != len(blocks):
        raise RuntimeError(f"expected answers to {len(blocks)} blocks, got {len(answers)}")
    return answers


def _row(numbers: list[Any]) -> str:
    return f"[{' '.join(map(str, numbers))}]"


def _value(kind: str, size: str, elements: str) -> list[Any]:
    return [kind, [int(length) for length in size.split()], [_number(text) for text in elements.split()]]


def _number(text: str) -> Any:
    try:
        return int(text)
    except ValueError:
        return text if text in ("NaN", "Inf", "-Inf") else float(text)
