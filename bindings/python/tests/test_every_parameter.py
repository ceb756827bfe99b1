"""No value of a parameter ends the process, hangs, or is called a defect of the library."""

import json

import pytest
from support import CLASSES, class_name, run_script


@pytest.mark.parametrize("cls", CLASSES, ids=class_name)
def test_survives(cls):
    run = run_script(f"import every_parameter; every_parameter.drive({cls.__name__!r})", timeout=600)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    last = events[-1]["case"] if events else "the start"
    assert run.returncode == 0, f"the process ended with {run.returncode} at {last}\n{run.stderr[-2000:]}"
    assert not [event for event in events if event.get("raised") in ("InternalError", "SystemError")]
