"""Lists of names in files of every kind."""

import json

import pytest

from quantray.callers.data import CallSettings
from quantray.callers.data.lists import read_list
from quantray.callers.data.names import alias_table, group_table
from quantray.errors import ConfigError
from tests.builders.odd_names import WORDS


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
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"title": "top", "members": ["x"], "metadata": {"top_n": 2}}))
    with pytest.raises(ConfigError, match=r"holds more than lists of callers; choose one: .*other\.json#members"):
        group_table(CallSettings(groups=str(other)))
    with pytest.raises(ConfigError, match=r"\(metadata\) must be a list of callers"):
        group_table(CallSettings(groups=f"{file}#metadata"))
