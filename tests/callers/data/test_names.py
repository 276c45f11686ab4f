import pytest

from quantray.callers.data import CallSettings
from quantray.callers.data.names import alias_table, chosen, group_table, near_names
from quantray.errors import ConfigError

KNOWN = ("alpha", "beta", "gamma")


def test_aliases_may_be_written_either_way_round():
    assert alias_table({"Alpha": "alpha", "ALPHA": "alpha"}, "a") == alias_table({"alpha": ["Alpha", "ALPHA"]}, "a")
    assert alias_table({"alpha": "alpha"}, "a") == {}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"alpha": ["x"], "beta": ["x"]}, "'x' is 'alpha' and 'beta'"),
        ({"x": "y", "y": "alpha"}, "name 'alpha' directly"),
        (["alpha"], "must map spellings to callers"),
        ({"alpha": 3}, "must be a list of callers"),
    ],
)
def test_an_alias_table_that_contradicts_itself_is_refused(given, sentence):
    with pytest.raises(ConfigError, match=sentence):
        alias_table(given, "calls.aliases")


def test_callers_and_groups_add_up_and_absent_members_are_told():
    settings = CallSettings(callers=("Gamma",), groups={"g": ("alpha", "nobody")})
    keep, groups, absent = chosen(settings, {"Gamma": "gamma"}, KNOWN)
    assert keep == {"alpha", "gamma"}
    assert groups == {"g": ("alpha",)}
    assert absent == ("nobody",)
    assert chosen(CallSettings(), {}, KNOWN) == (None, {}, ())


def test_a_caller_near_another_is_refused_with_its_name():
    with pytest.raises(ConfigError, match=r"calls.callers: unknown caller 'alpa'; did you mean 'alpha'"):
        chosen(CallSettings(callers="alpa"), {}, KNOWN)
    with pytest.raises(ConfigError, match="no caller of 'g' has a call: unknown caller 'betta'; did you mean 'beta'"):
        chosen(CallSettings(groups={"g": ("betta",)}), {}, KNOWN)


def test_near_names_are_pairs_that_may_be_one_person():
    names = ["Wolf of Sol", "wolf_of_sol", "wolfofsoll", "caller_1", "caller_2", "A", "B", "crypto king", "crypto kong"]
    assert near_names(names) == (
        ("Wolf of Sol", "wolf_of_sol"),
        ("Wolf of Sol", "wolfofsoll"),
        ("crypto king", "crypto kong"),
        ("wolf_of_sol", "wolfofsoll"),
    )


def test_a_group_file_of_another_tool_is_a_group_of_its_name(tmp_path):
    path = tmp_path / "top25.json"
    path.write_text('{"name": "top", "caller_ids": ["x", "y \\ud83d\\udc80"], "metadata": {"top_n": 2}}')
    for settings in (
        CallSettings(groups=("top",), group_file=str(path)), CallSettings(groups=(str(path),)),
        CallSettings(groups=("caller_ids",), group_file=str(path)),
    ):  # fmt: skip
        assert list(group_table(settings).values()) == [("x", "y \U0001f480")]
    assert list(group_table(CallSettings(groups=(str(path),)))) == ["top"]
    with pytest.raises(ConfigError, match="did you mean 'top'"):
        group_table(CallSettings(groups=("tops",), group_file=str(path)))
