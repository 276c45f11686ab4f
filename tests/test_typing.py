"""Types of the whole: how few parameters are ``Any``, what a type checker and an editor know of a user's notebook."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

import quantray as qr
from quantray import api
from tests.builders.sources import statements, tree

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "quantray"
#: Of all parameters: those typed ``Any`` and nothing else, and those in whose type it stands anywhere.
MOST_ANY, MOST_WITHIN = 0.005, 0.03

NOTEBOOK = """\
import quantray as qr

plan = qr.load_sweep("+experiment=options_sweep", "search.n_trials=500")
reveal_type(plan)
study = qr.sweep(plan, progress=lambda event: print(event.counts.complete), say=print)
reveal_type(study)
reveal_type(study.best)
reveal_type(study.verdict)
reveal_type(study.results.counts.attempts)
reveal_type(study.frame())
assert study.best is not None
reveal_type(qr.evaluate(plan, [study.best.params]))
reveal_type(qr.trades(plan, study.best.params, qr.load_slice(plan, "held_out")))
callers = qr.load_callers("+experiment=v1_baseline")
reveal_type(callers)
found = qr.optimise(callers)
reveal_type(found)
reveal_type(found.best)
reveal_type(found.results.units[0].policy)
reveal_type(qr.Space((qr.Dimension("stop", (1, 2)),)).size)
reveal_type(qr.load("+experiment=options_table", "seed=2"))
reveal_type(qr.load("+experiment=v1_baseline"))
reveal_type(qr.baseline(qr.load("+experiment=alert_baseline")).milestones("call-17")[0].multiple)
reveal_type(qr.sweep("+experiment=options_sweep", "search.n_trials=50").trades(part="held out"))
reveal_type(study.plot.equity())
reveal_type(study.plot.slice("stop_loss_percent", backend="matplotlib").save("slice.png"))
reveal_type(found.trades("caller_1"))
reveal_type(found.verdict["caller_1"].word)
reveal_type(qr.baseline("data.duckdb=calls.duckdb", progress=False).alerts("caller_1"))
"""
REVEALED = [
    "quantray.sweeps.plan.Plan",
    "quantray.sweeps.study.Study",
    "quantray.trial.Trial | None",
    "quantray.stats.checks.Verdict",
    "int",
    "DataFrame",
    "DataFrame",
    "DataFrame",
    "quantray.callers.plan.CallerPlan",
    "quantray.callers.study.CallerStudy",
    "dict[str, quantray.callers.policies.policy.Policy]",
    "quantray.callers.policies.policy.Policy | None",
    "int | None",
    "quantray.sweeps.plan.Plan",
    "quantray.callers.plan.CallerPlan",
    "float",
    "DataFrame",
    "quantray.report.picture.Picture",
    "pathlib.Path",
    "DataFrame",
    "quantray.stats.checks.Word",
    "DataFrame",
]
#: What a checker must not let pass -> what it says of it.
MISTAKES = {
    "qr.swep(qr.load_sweep())": "attr-defined",
    "qr.sweep(qr.load_callers())": "arg-type",
    "qr.optimise(qr.load_sweep())": "arg-type",
    "qr.sweep(qr.load('+experiment=caller_policies'))": "arg-type",
    "qr.load_sweep(seed=1)": "call-arg",
    "qr.sweep(qr.load_sweep()).best.value": "union-attr",
    "qr.sweep(qr.load_sweep(), progress=lambda event: event.count)": "attr-defined",
    "qr.evaluate(qr.load_sweep(), 3)": "arg-type",
    "qr.sweep(3)": "arg-type",
    "qr.sweep(qr.load_sweep()).trades(part='heldout')": "arg-type",
    "qr.sweep(qr.load_sweep()).plot.equty()": "attr-defined",
}


def annotations() -> Iterator[tuple[Path, ast.expr]]:
    """The type of every parameter of the package, where it has one; kernels' are inferred by their compiler."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in statements(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                a = node.args
                for argument in (*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg):
                    if argument is not None and argument.annotation is not None:
                        yield path, argument.annotation


def of_any(annotation: ast.expr) -> bool:
    """``Any``, also as one of several or in quotes: then nothing is checked."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return of_any(ast.parse(annotation.value, mode="eval").body)
    if isinstance(annotation, ast.BinOp):
        return of_any(annotation.left) or of_any(annotation.right)
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith(("Optional", "Union")):
        inner = annotation.slice
        return any(map(of_any, inner.elts if isinstance(inner, ast.Tuple) else [inner]))
    return ast.unparse(annotation) in ("Any", "typing.Any")


def holds_any(annotation: ast.expr) -> bool:
    return re.search(r"\bAny\b", ast.unparse(annotation)) is not None


def test_hardly_a_parameter_is_any() -> None:
    every = list(annotations())
    bare = [path for path, found in every if of_any(found)]
    within = [path for path, found in every if holds_any(found)]
    named = ", ".join(sorted({str(path.relative_to(ROOT)) for path in bare}))
    assert len(every) > 3000
    assert len(bare) <= MOST_ANY * len(every), f"{len(bare)} of {len(every)} parameters are Any: {named}"
    assert len(within) <= MOST_WITHIN * len(every), f"{len(within)} of {len(every)} parameters hold Any"


def test_what_is_counted() -> None:
    given = ["Any", "Any | None", "Optional[Any]", "'Any'", "typing.Any", "int | Any", "Union[int, Any]"]
    assert all(of_any(ast.parse(text, mode="eval").body) for text in given)
    for text in ("Mapping[str, Any]", "Callable[..., Any]", "list[tuple[Any, int]] | None"):
        annotation = ast.parse(text, mode="eval").body
        assert holds_any(annotation)
        assert not of_any(annotation)
    assert not holds_any(ast.parse("Mapping[str, object] | None", mode="eval").body)


def namespace(module: str) -> dict[str, object]:
    """A module's names, and those that it imports for checkers alone."""
    found = importlib.import_module(module)
    names: dict[str, object] = dict(vars(found))
    for node in ast.parse(inspect.getsource(found)).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            exec(compile(ast.Module(node.body, []), module, "exec"), names)
    return names


def classes(hint: object) -> Iterator[type]:
    """The classes in a type, those of a function that is given too."""
    if isinstance(hint, type) and not typing.get_args(hint):
        yield hint
    for inner in typing.get_args(hint):
        yield from classes(inner) if not isinstance(inner, list) else (c for one in inner for c in classes(one))


def hints() -> Iterator[tuple[str, object]]:
    """Every type that a public function or a finished study takes or gives, and where it stands."""
    for name in qr.__all__:
        thing = getattr(qr, name)
        if inspect.isfunction(thing):
            known = typing.get_type_hints(thing, namespace(thing.__module__))
            yield from ((f"{name}.{key}", hint) for key, hint in known.items())
        elif name.endswith("Study"):
            names = namespace(thing.__module__)
            for key, member in vars(thing).items():
                function = member.fget if isinstance(member, property) else member
                if inspect.isfunction(function) and key[0] != "_":
                    known = typing.get_type_hints(function, names)
                    yield from ((f"{name}.{key}", hint) for hint in known.values())
            yield from ((f"{name}.{key}", hint) for key, hint in typing.get_type_hints(thing, names).items())


def test_what_public_functions_take_and_give_is_public() -> None:
    """Who annotates a function of his own finds every name in ``quantray`` itself."""
    public = {id(getattr(qr, name)) for name in qr.__all__}
    found = [(where, c) for where, hint in hints() for c in classes(hint) if c.__module__.startswith("quantray")]
    assert {"sweep.return", "optimise.return", "Study.results", "CallerStudy.best"} <= {where for where, _ in found}
    hidden = {f"{where}: {c.__module__}.{c.__qualname__}" for where, c in found if id(c) not in public}
    assert not hidden


def test_an_editor_knows_the_plan_of_every_shipped_experiment() -> None:
    policies, baseline = typing.get_args(api.Policies), typing.get_args(api.Baseline)
    for wing, named in (("sweeps", typing.get_args(api.Sweeps)), ("callers", (*policies, *baseline))):
        there = [f"+experiment={path.stem}" for path in (ROOT / "conf" / wing / "experiment").glob("*.yaml")]
        assert sorted(there) == sorted(named)
    assert isinstance(qr.load(typing.get_args(api.Sweeps)[0]), qr.Plan)
    assert isinstance(qr.load(policies[0]), qr.CallerPlan)
    assert isinstance(qr.load(baseline[0]), qr.BaselinePlan)


def test_the_package_says_that_it_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


@pytest.mark.slow
def test_a_checker_knows_a_notebook(tmp_path: Path) -> None:
    """The package is strict, every object of a notebook has its type, and a slip of the pen is an error."""
    pytest.importorskip("mypy", reason="mypy is not installed")
    (tmp_path / "notebook.py").write_text(NOTEBOOK, encoding="utf-8")
    (tmp_path / "mistakes.py").write_text("\n".join(["import quantray as qr", *MISTAKES]) + "\n", encoding="utf-8")
    files = ["quantray", "strategy", str(tmp_path / "notebook.py"), str(tmp_path / "mistakes.py")]
    command = [sys.executable, "-m", "mypy", "--no-pretty", "--no-error-summary", *files]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    lines = done.stdout.splitlines()
    ours = [line for line in lines if "notebook.py" not in line and "mistakes.py" not in line]
    assert not ours, done.stdout + done.stderr
    revealed = [line.partition('Revealed type is "')[2].rstrip('"') for line in lines if "notebook.py" in line]
    assert len(revealed) == len(REVEALED), done.stdout
    for found, name in zip(revealed, REVEALED, strict=True):
        assert found.removeprefix("builtins.").removeprefix("pandas.core.frame.") == name
    for number, (code, kind) in enumerate(MISTAKES.items(), 2):
        said = [line for line in lines if f"mistakes.py:{number}:" in line]
        assert [line for line in said if f"[{kind}]" in line], f"{code}: {said}"
