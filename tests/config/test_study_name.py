from quantray.config.study_name import study_name


def test_a_path_goes_by_the_name_of_its_file():
    name = study_name("caller_policies", ["trailing"], {"data.calls": "/home/me/market/rule_calls.parquet"})
    assert name.startswith("caller_policies-trailing-data.calls_rule_calls_")
    assert "home" not in name


def test_files_of_one_name_in_different_folders_name_different_studies():
    one, two = (study_name("x", [], {"data.duckdb": f"/{folder}/calls.duckdb"}) for folder in "ab")
    assert one != two
