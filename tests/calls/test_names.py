import json

import pytest

from quantray.calls import CallSettings
from quantray.calls.names import alias_table, chosen, group_table, near_names
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


def test_groups_from_every_kind_of_list(tmp_path):
    lists = tmp_path / "lists.json"
    lists.write_text(json.dumps({"whales": ["alpha", "beta"], "fish": ["gamma"]}))
    plain = tmp_path / "early.yaml"
    plain.write_text("- beta\n- 7\n")
    assert group_table(CallSettings(groups=str(plain))) == {"early": ("beta", "7")}
    assert group_table(CallSettings(groups=(f"{lists}#fish", str(plain)))).keys() == {"fish", "early"}
    assert group_table(CallSettings(groups=("whales",), group_file=str(lists))) == {"whales": ("alpha", "beta")}
    assert group_table(CallSettings(groups={"own": ("alpha",)})) == {"own": ("alpha",)}
    assert group_table(CallSettings(groups=str(lists))).keys() == {"whales", "fish"}
    with pytest.raises(ConfigError, match="unknown group 'whale'; did you mean 'whales'"):
        group_table(CallSettings(groups=("whale",), group_file=str(lists)))
    with pytest.raises(ConfigError, match=r"give calls.group_file=FILE"):
        group_table(CallSettings(groups=("whales",)))


@pytest.mark.parametrize(("content", "sentence"), [("- a: [", "cannot be read"), ("5", "must be a list of callers")])
def test_a_broken_list_is_refused(tmp_path, content, sentence):
    file = tmp_path / "group.yaml"
    file.write_text(content)
    with pytest.raises(ConfigError, match=sentence):
        group_table(CallSettings(groups=str(file)))


def test_a_list_that_is_not_there_is_answered_with_the_near_miss(tmp_path):
    (tmp_path / "whales.yaml").write_text("[a]")
    with pytest.raises(ConfigError, match=r"did you mean 'whales.yaml'"):
        group_table(CallSettings(groups=str(tmp_path / "whale.yaml")))


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
