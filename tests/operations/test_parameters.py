"""`--set KEY=VALUE`."""

from __future__ import annotations

import pytest

from promptctl.core.catalog import PARAMETERS
from promptctl.core.json_data import Json
from promptctl.errors import UsageProblem
from promptctl.operations.parameters import parse_parameters


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ([], {}),
        (["temperature=0"], {"temperature": 0}),
        (["stop=END"], {"stop": "END"}),
        (['stop=["a","b"]'], {"stop": ["a", "b"]}),
        (["user=a b"], {"user": "a b"}),
        (["user=a=b"], {"user": "a=b"}),
        (["user=42"], {"user": "42"}),
        (["temperature=null"], {"temperature": None}),
        (['logit_bias={"50256": -100}'], {"logit_bias": {"50256": -100}}),
        (["seed=1", "extra.min_p=0.1"], {"seed": 1, "extra": {"min_p": 0.1}}),
    ],
)
def test_values_are_json_else_text(settings: list[str], expected: dict[str, Json]) -> None:
    assert parse_parameters(settings) == expected


def test_every_wrong_one_is_named_with_a_guess() -> None:
    with pytest.raises(UsageProblem) as caught:
        parse_parameters(["temprature=0", "top_p", "zzz=1", "extra.=1", "seed=1"])
    message = caught.value.message
    assert "`temprature` is no parameter: did you mean `temperature`?" in message
    assert "--set `top_p` is not KEY=VALUE" in message
    assert "`zzz` is no parameter" in message
    assert "`extra.` is no parameter" in message
    assert "seed" not in message


@pytest.mark.parametrize(
    "setting",
    [
        "temperature=hot",
        "temperature=3",
        "max_tokens=0.5",
        "max_tokens=-1",
        "stop=[]",
        "thinking=1",
    ],
)
def test_a_value_that_the_schema_refuses_is_refused_here(setting: str) -> None:
    name, _, _ = setting.partition("=")
    with pytest.raises(UsageProblem, match=rf"^`{name}` ") as caught:
        parse_parameters([setting])
    assert "the file" not in caught.value.message
    assert "such as --set" in (caught.value.hint or "")
    assert name in (caught.value.hint or "")


def test_every_parameter_has_a_schema() -> None:
    for name in PARAMETERS:
        parse_parameters([f"{name}=null"])
