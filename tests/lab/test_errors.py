"""An error is one line, made of a reason and a remedy, wherever it comes from."""

from __future__ import annotations

import pickle

from lab.errors import LabError, UnfitError


def test_reason_and_remedy_are_one_line() -> None:
    error = UnfitError("no engine (said; twice)", "start it")
    assert str(error) == "no engine (said; twice); start it"
    assert (error.reason, error.remedy) == ("no engine (said; twice)", "start it")
    assert str(LabError("it ended")) == "it ended"


def test_both_survive_the_way_out_of_a_lab() -> None:
    error = pickle.loads(pickle.dumps(UnfitError("no namespaces", "`golab doctor`")))
    assert isinstance(error, UnfitError)
    assert str(error) == "no namespaces; `golab doctor`"
    assert (error.reason, error.remedy) == ("no namespaces", "`golab doctor`")
