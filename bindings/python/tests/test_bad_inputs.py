"""Bad input gets the documented exception and never ends the process.

Every kind is driven through the whole list of `bad_input_cases` in a process of its own, which reports case by case.
"""

import json

import pytest
from bad_input_cases import ARRAY_CASES, HANDLE_CASES, PATH_CASES
from network_bad_inputs import NETWORK_CASES
from support import CLASSES, class_name, run_script


def outcomes(call: str) -> dict[str, list[str]]:
    """Case to the base classes of what it raised ("nothing" for none), from a driver run in a process of its own."""
    run = run_script(f"import bad_input_cases; bad_input_cases.{call}", timeout=300)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    last = events[-1] if events else "the start"
    assert run.returncode == 0, f"the process ended with {run.returncode} at {last}\n{run.stderr[-2000:]}"
    return {event["case"]: event["raised"] for event in events if "raised" in event}


def assert_documented(found: dict[str, list[str]], cases: dict) -> None:
    assert found.keys() == cases.keys()
    wrong = []
    for case, raised in found.items():
        documented = [kind.strip() for kind in cases[case][0].split("|")]
        if not set(raised) & set(documented):
            wrong.append(f"{case}: raised {raised}, documented {documented}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("cls", CLASSES, ids=class_name)
def test_arrays(cls):
    assert_documented(outcomes(f"drive_arrays({cls.__name__!r})"), ARRAY_CASES)


@pytest.mark.parametrize("cls", CLASSES, ids=class_name)
def test_paths(cls):
    assert_documented(outcomes(f"drive_paths({cls.__name__!r})"), PATH_CASES)


def test_handles():
    assert_documented(outcomes("drive_handles()"), HANDLE_CASES)


def test_networks():
    assert_documented(outcomes("drive_networks()"), NETWORK_CASES)
