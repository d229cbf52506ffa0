"""R-05: the simulator sees planted defects, each within a hundred seeds; and it sees none when none is planted."""

import pytest

from .mutants import MENDED, MUTANTS, QUICK, Mutant, hunt, planted
from .schedule import run_seed
from .store import Store


def _slow(mutant: Mutant) -> list[pytest.MarkDecorator]:
    return [] if mutant.name in QUICK else [pytest.mark.soak]


@pytest.mark.parametrize("mutant", [pytest.param(m, id=m.name, marks=_slow(m)) for m in MUTANTS])
def test_a_planted_defect_is_caught(simulated: Store, mutant: Mutant) -> None:
    found = hunt(mutant, simulated)
    assert found is not None, f"{mutant.name}: not seen in a hundred seeds"


@pytest.mark.parametrize("mutant", (*MUTANTS, *MENDED), ids=lambda mutant: mutant.name)
def test_every_defect_can_still_be_planted(mutant: Mutant) -> None:
    with planted(mutant):
        pass


def test_a_defect_is_gone_when_it_is_taken_out(simulated: Store) -> None:
    with planted(MUTANTS[0]):
        pass
    assert not run_seed(simulated, 1).wrong
