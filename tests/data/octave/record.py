"""Records what GNU Octave gives for the cases of this folder into ``recording.json.gz``.

    python -m tests.data.octave.record      from the project's root

The tests of ``mathcore.matlab`` compare with the recording, so that they need no Octave.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random
from typing import Any

from tests.data.octave import octave
from tests.data.octave.function_cases import all_cases
from tests.data.octave.indexing_cases import get_case, set_case

FILE = Path(__file__).with_name("recording.json.gz")
SEED = 20170
GETS, SETS = 600, 400

Case = dict[str, Any]


def load() -> dict[str, Any]:
    """Return the recording: ``octave`` (version), ``seed``, and cases under ``get``, ``set`` and ``functions``."""
    recording: dict[str, Any] = json.loads(gzip.decompress(FILE.read_bytes()))
    return recording


def answer_gets(cases: list[Case]) -> list[Case]:
    """Return readings with Octave's ``y``, or its ``error``."""
    blocks = [f"x={octave.literal(c['x'])}; emit('y', x({octave.subscripts(c['at'])}))" for c in cases]
    return [case | answer for case, answer in zip(cases, octave.ask(blocks), strict=True)]


def answer_sets(cases: list[Case]) -> list[Case]:
    """Return writings with the ``values`` written and Octave's ``y``, or its ``error``."""
    answers = octave.ask([_writing(case) for case in cases])
    return [case | answer for case, answer in zip(cases, answers, strict=True)]


def _writing(case: Case) -> str:
    at, kind = octave.subscripts(case["at"]), case["x"][0]
    fitting = f"z=x({at}); v=reshape(cast(mod(7 * (1:numel(z)) + 3, 251), class(x)), size(z));"
    values = fitting if case["number"] is None else f"v={kind}({case['number']});"
    return f"x={octave.literal(case['x'])}; {values} emit('values', v); x({at}) = v; emit('y', x)"


def answer_functions(cases: list[Case]) -> list[Case]:
    """Return calls with Octave's outputs ``y1``, ``y2`` ..., or its ``error``."""
    answers = octave.ask([_call(case) for case in cases])
    return [case | answer for case, answer in zip(cases, answers, strict=True)]


def _call(case: Case) -> str:
    call = case["octave"]
    for number, argument in enumerate(case["arguments"]):
        call = call.replace(f"${number + 1}", octave.literal(argument))
    names = [f"y{number + 1}" for number in range(case["outputs"])]
    emits = " ".join(f"emit('{name}', {name});" for name in names)
    return f"[{','.join(names)}]={call}; {emits}"


def main() -> None:
    """Make the cases on the seed, ask Octave, write the file."""
    random = Random(SEED)
    gets = answer_gets([get_case(random) for _ in range(GETS)])
    sets = answer_sets([set_case(random) for _ in range(SETS)])
    functions = answer_functions(all_cases(random))
    refused = [case for case in functions if "error" in case]
    if refused:
        raise SystemExit(f"Octave refused {refused}")
    recording = {
        "octave": octave.version(),
        "seed": SEED,
        "get": gets,
        # What Octave grows is left out: mathcore.matlab refuses it.
        "set": [case for case in sets if "error" in case or case["y"][1] == case["x"][1]],
        "functions": functions,
    }
    text = json.dumps(recording, separators=(",", ":"))
    FILE.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print({name: len(cases) for name, cases in recording.items() if isinstance(cases, list)}, FILE.stat().st_size)


if __name__ == "__main__":
    main()
