import json

import pytest

from quantray.callers.data import CallSettings
from quantray.callers.data.lists import read_list
from quantray.callers.data.names import alias_table, chosen, group_table, near_names
from quantray.config.overrides import as_names, jobs
from quantray.config.plans import compose
from quantray.config.sections import checked
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


WORDS = ("on", "No", "yes", "~x", "007", "12:30", "1_000", "1e3", "0x1F", "2025-01-01", "true", ".5", "null_",
         "wolf\u2028pack",
         "\u0085x", "\U0001f480 y", "\ue000")  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_a_name_in_a_list_is_text_whatever_it_looks_like(tmp_path, name):
    (tmp_path / "g.yaml").write_text(f"{name}:\n  - {name}\n  - other\n", encoding="utf-8")
    (tmp_path / "l.yml").write_text(f"- {name}\n- other\n", encoding="utf-8")
    (tmp_path / "g.json").write_text(json.dumps({name: [name, "other"]}), encoding="utf-8")
    for file in ("g.yaml", "g.json"):
        assert group_table(CallSettings(groups=str(tmp_path / file))) == {name: (name, "other")}
        assert group_table(CallSettings(groups=(name,), group_file=str(tmp_path / file))) == {name: (name, "other")}
        assert alias_table(read_list(str(tmp_path / file), "a"), "a") == {"other": name}
    assert group_table(CallSettings(groups=str(tmp_path / "l.yml"))) == {"l": (name, "other")}


def test_numbers_of_json_keep_their_digits(tmp_path):
    (tmp_path / "g.json").write_text('{"a": [7, 12345678901234567890, 1.50]}')
    assert group_table(CallSettings(groups=str(tmp_path / "g.json"))) == {"a": ("7", "12345678901234567890", "1.50")}


def test_a_group_that_stands_twice_is_refused(tmp_path):
    (tmp_path / "g.yaml").write_text("a: [x]\na: [y]\n")
    (tmp_path / "g.json").write_text('{"a": ["x"], "a": ["y"]}')
    for file in ("g.yaml", "g.json"):
        with pytest.raises(ConfigError, match="'a' stands in it twice"):
            group_table(CallSettings(groups=str(tmp_path / file)))


def test_a_group_of_another_tool_is_chosen_by_its_name(tmp_path):
    file = tmp_path / "top.json"
    file.write_text(json.dumps({"name": "top", "caller_ids": ["x", "y \U0001f480"], "metadata": {"top_n": 2}}))
    wanted = {"caller_ids": ("x", "y \U0001f480")}
    assert group_table(CallSettings(groups=("caller_ids",), group_file=str(file))) == wanted
    assert group_table(CallSettings(groups=f"{file}#caller_ids")) == wanted
    with pytest.raises(ConfigError, match=r"holds more than lists of callers; choose one: .*top\.json#caller_ids"):
        group_table(CallSettings(groups=str(file)))
    with pytest.raises(ConfigError, match=r"\(metadata\) must be a list of callers"):
        group_table(CallSettings(groups=f"{file}#metadata"))


@pytest.mark.parametrize("name", [w for w in WORDS if not set("\u2028\u0085~") & set(w)])
def test_a_name_on_the_command_line_is_text(name):
    def callers(line):
        (job,) = jobs(["+experiment=v1_baseline", line], multirun=False)
        return checked(CallSettings, compose(job), "calls").callers

    assert callers(f"calls.callers=[{name},'two words',b]") == (name, "two words", "b")
    assert callers(f"calls.callers={name}") == name
    assert callers(f"++calls.callers=[ {name} ]") == (name,)
    (job,) = jobs(["+experiment=v1_baseline", f"calls.groups={{a:[{name}],b:[c]}}"], multirun=False)
    assert checked(CallSettings, compose(job), "calls").groups == {"a": (name,), "b": ("c",)}


def test_several_runs_by_caller_stay_several():
    lines = ["+experiment=v1_baseline", "calls.callers=007,on"]
    assert [job.swept for job in jobs(lines, multirun=True)] == [
        (("calls.callers", "'007'"),), (("calls.callers", "'on'"),),
    ]  # fmt: skip
    assert as_names("choice(a,b)") == "choice(a,b)"
    assert as_names("null,x") == "'null','x'"
    assert as_names("'it\\'s',a") == "'it\\'s','a'"
