"""What every searcher keeps: no repetition, determinism, exhaustion, and replay."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from quantray.errors import ConfigError
from quantray.protocols import Batch, Searcher
from quantray.search import make_searcher, searched_by
from quantray.search.samplers import sampler_maker
from quantray.settings import Search
from quantray.space import Space, candidate_digest, parse_space
from tests.builders.objectives import CONTINUOUS, SPACE, score
from tests.builders.outcomes import results

NSGA = {"_target_": "optuna.samplers.NSGAIISampler", "population_size": 10}
UNIVARIATE = {"_target_": "optuna.samplers.TPESampler", "multivariate": False, "n_startup_trials": 8}
KINDS: dict[str, dict[str, Any]] = {
    "tpe": {"kind": "tpe"},
    "random": {"kind": "random"},
    "qmc": {"kind": "qmc"},
    "nsga": {"kind": "tpe", "sampler": NSGA},
    **({"rustuna": {"kind": "rustuna"}} if find_spec("rustuna") else {}),
}


def make(name: str, space: Space = SPACE, seed: int = 1, known: Any = (), **more: Any) -> Searcher:
    return make_searcher(Search(**{"batch": 5, **KINDS[name], **more}), space, seed, known)


def run(searcher: Searcher, batches: int, in_flight: int, start: int = 0) -> list[tuple[str, ...]]:
    """Ask and tell in the order the protocol prescribes."""
    asked: dict[int, Batch] = {}
    for k in range(start, start + batches):
        if k - in_flight >= start:
            searcher.tell(k - in_flight, results(asked[k - in_flight]))
        asked[k] = searcher.ask(k)
    return [asked[k].digests for k in asked]


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("space", [SPACE, CONTINUOUS], ids=["table", "range"])
def test_no_candidate_twice_and_the_same_seed_the_same_points(name: str, space: Space) -> None:
    first, second, other = (run(make(name, space, seed), 12, 2) for seed in (1, 1, 2))
    flat = [d for batch in first for d in batch]
    assert len(set(flat)) == len(flat) == 60
    assert first == second
    assert first != other


@pytest.mark.parametrize("name", KINDS)
def test_digests_are_those_of_the_candidates(name: str) -> None:
    batch = make(name).ask(0)
    assert batch.digests == tuple(candidate_digest(batch.candidates.params(i)) for i in range(5))


@pytest.mark.parametrize("name", KINDS)
def test_a_space_is_exhausted_exactly(name: str) -> None:
    space = parse_space({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [0.5]})
    searcher = make(name, space)
    asked = [d for batch in run(searcher, 4, 1) for d in batch]
    assert sorted(asked) == sorted(candidate_digest(space.point(i)) for i in range(9))
    assert searcher.ask(4).digests == ()


@pytest.mark.parametrize("name", KINDS)
def test_a_smaller_batch_is_what_was_asked_for(name: str) -> None:
    searcher = make(name)
    assert [len(searcher.ask(k, size).digests) for k, size in enumerate([3, 1, 5])] == [3, 1, 5]


@pytest.mark.parametrize("name", KINDS)
def test_known_candidates_are_not_asked(name: str) -> None:
    space = parse_space({"a": [1, 2, 3], "b": ["x", "y"]})
    trials = [score(space.point(i)) for i in range(5)]
    for known in ({t.digest: t for t in trials}, {t.digest for t in trials}):
        searcher = make(name, space, known=known)
        assert searcher.ask(0).digests == (candidate_digest(space.point(5)),)
        assert searcher.ask(1).digests == ()


@pytest.mark.parametrize("name", KINDS)
def test_what_another_driver_has_is_never_asked_again(name: str) -> None:
    space = parse_space({"a": [1, 2, 3], "b": ["x", "y"]})
    searcher = make(name, space)
    batch = searcher.ask(0)
    searcher.refuse(0, batch.digests[1:])
    searcher.tell(0, results(batch)[:1])
    rest = [d for k in (1, 2) for d in searcher.ask(k).digests]
    assert len(rest) == 1
    assert not set(rest) & set(batch.digests)
    assert searcher.duplicates["database"] >= 4


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("in_flight", [1, 2, 3])
@pytest.mark.parametrize("told", [1, 4, 9])
def test_a_replayed_run_goes_on_as_if_it_had_not_stopped(name: str, in_flight: int, told: int) -> None:
    """The first ``told`` batches are replayed with those in flight; the rest is asked anew."""
    straight, asked = make(name), {}
    for k in range(14):
        if k >= in_flight:
            straight.tell(k - in_flight, results(asked[k - in_flight]))
        asked[k] = straight.ask(k)
    resumed, again = make(name), {}
    for k in range(14):
        if k >= in_flight:
            resumed.tell(k - in_flight, results(asked[k - in_flight]))
        if k < told + in_flight:
            resumed.replay(k, asked[k])
        else:
            again[k] = resumed.ask(k).digests
    assert again == {k: asked[k].digests for k in again}


@pytest.mark.slow
def test_a_tpe_that_samples_each_parameter_alone_is_asked_through_optuna() -> None:
    searcher = make_searcher(Search(batch=5, sampler=UNIVARIATE), SPACE, 1)
    asked = [d for batch in run(searcher, 4, 1) for d in batch]
    assert len(set(asked)) == 20
    again = make_searcher(Search(batch=5, sampler=UNIVARIATE), SPACE, 1)
    assert [d for batch in run(again, 4, 1) for d in batch] == asked


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ({"kind": "tpee"}, "did you mean 'tpe'"),
        ({"kind": "exhaustive"}, "every point"),
        ({"sampler": {"_target_": "os.system"}}, "only names that begin with"),
        ({"sampler": {"_target_": "optuna.samplers.TPESamplr"}}, "did you mean 'TPESampler'"),
        ({"sampler": {"_target_": "optuna.samplers.TPESampler", "n_startup": 3}}, "did you mean 'n_startup_trials'"),
        ({"sampler": {"_target_": "optuna.samplers.TPESampler", "seed": 3}}, "set seed="),
        ({"sampler": {"_target_": "optuna.samplers.NSGAIISampler", "population_size": 1}}, "refuses"),
        ({"sampler": {"_target_": "optuna.samplers.GridSampler", "search_space": {}}}, "search=exhaustive"),
        ({"sampler": {"n_startup_trials": 3}}, "needs a _target_"),
        ({"sampler": {"_target_": "optuna.samplers.nsgaii.UniformCrossover"}}, "is not an Optuna sampler"),
    ],
)
def test_a_wrong_search_is_refused_with_the_near_miss(search: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make_searcher(Search(**search), SPACE, 0)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ({"kind": "tpe"}, "StaticTPE (search=tpe)"),
        ({"kind": "exhaustive"}, "exhaustive"),
        ({"sampler": {"_target_": "optuna.samplers.CmaEsSampler"}}, "CmaEsSampler (search.sampler)"),
        ({"sampler": {"_target_": "optuna.samplers.TPESampler"}}, "StaticTPE (search.sampler: TPESampler)"),
        ({"sampler": {"_target_": "optuna.samplers.TPESampler", "multivariate": False}}, "TPESampler (search.sampler)"),
        ({"sampler": {"_target_": "strategy.not_there.OwnSampler"}}, "OwnSampler (search.sampler)"),
    ],
)
def test_the_sampler_is_told_by_its_own_name(search: dict[str, Any], said: str):
    assert searched_by(Search(**search)) == said


@pytest.mark.parametrize("kind", ["tpe", "random", "qmc"])
def test_the_name_is_that_of_the_class_that_searches(kind: str):
    searcher = make_searcher(Search(kind=kind), SPACE, 1)
    own = type(sampler_maker(Search())(0)) if kind == "tpe" else type(searcher)
    assert searched_by(Search(kind=kind)) == f"{own.__name__} (search={kind})"
