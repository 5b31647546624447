"""The limits of time: what is written where, what comes first, and what is refused."""

from __future__ import annotations

import pytest

from promptctl.credentials import UserConfig
from promptctl.errors import UsageProblem
from promptctl.operations.time_limits import limits_in_force, parse_timeouts
from promptctl.providers import Limits


def test_a_number_alone_is_the_total() -> None:
    given = ["30", "idle=1.5", "first=700", "connect=2", "headers=9"]
    assert parse_timeouts(given) == {
        "total": 30.0,
        "idle": 1.5,
        "first": 700.0,
        "connect": 2.0,
        "headers": 9.0,
    }


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "nan", "inf", "1e300", "1_0", "٣", "idle=", "x", "99999999", "0.0001"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem, match=r"--timeout `.*`: that is no number"):
        parse_timeouts([text])


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(UsageProblem, match="there is no limit `idel`") as caught:
        parse_timeouts(["idel=3"])
    assert caught.value.hint == "did you mean `idle`?"


def test_the_command_line_comes_before_the_environment_and_that_before_the_users_file() -> None:
    config = UserConfig(timeouts={"connect": 1.0, "idle": 2.0, "total": 3.0, "first": 4.0})
    environ = {"PROMPTCTL_TIMEOUT": "idle=20, 30"}
    assert limits_in_force(config, environ, {"total": 300.0}) == Limits(
        connect=1.0, headers=60.0, first_event=4.0, idle=20.0, total=300.0
    )
    assert limits_in_force(UserConfig(), {}, {}) == Limits()


def test_the_variable_is_named_where_it_is_wrong() -> None:
    with pytest.raises(UsageProblem, match="PROMPTCTL_TIMEOUT `soon`"):
        limits_in_force(UserConfig(), {"PROMPTCTL_TIMEOUT": "soon"}, {})
