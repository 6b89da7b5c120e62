"""Which plugins start, and why the others do not."""

from collections.abc import Sequence

import pytest
from glueful_registry import (
    PluginCycle,
    PluginDuplicate,
    PluginError,
    PluginInfo,
    PluginMissingRequirement,
    PluginNotFound,
    PluginShadowsOfficial,
    PluginVersionConflict,
    Report,
    State,
    plan,
)
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

VERSIONS = {"glueful-hookspecs": "0.1.0", "acme-storage": "1.4", "acme-audit": "2.0"}


def info(
    name: str, requires: Sequence[str] = (), *, extras: Sequence[str] = (), distribution: str | None = None
) -> PluginInfo:
    return PluginInfo(
        name=name,
        distribution=distribution or f"acme-{name}",
        version="1.0",
        requires=tuple(map(Requirement, requires)),
        extras=tuple(map(Requirement, extras)),
        location=f"/site/acme_{name}.dist-info",
    )


def version_of(distribution: str) -> str | None:
    return VERSIONS.get(distribution, "1.0" if distribution.startswith("acme-") else None)


def planned(*infos: PluginInfo, only: Sequence[str] | None = None, without: Sequence[str] = ()) -> Report:
    return plan(infos, only=only, without=without, version_of=version_of)


def states(report: Report) -> dict[str, str]:
    return {status.info.name: str(status.state) for status in report.plugins}


def test_a_plugin_comes_after_those_that_it_requires() -> None:
    report = planned(info("audit", ["acme-storage"]), info("backup"), info("storage"))

    assert report.order == ("backup", "storage", "audit")


def test_an_extra_means_after_it_if_it_is_there() -> None:
    assert planned(info("a", extras=["acme-z"]), info("z")).order == ("z", "a")
    assert planned(info("a", extras=["acme-z"])).order == ("a",)


def test_objects_of_the_application_come_last_in_their_own_order() -> None:
    class Zebra:
        """Striped."""

    objects = [PluginInfo.from_object(Zebra()), PluginInfo(name="ape")]

    report = planned(info("zoo"), *objects)

    assert report.order == ("zoo", "zebra", "ape")
    assert report.get("zebra").info.summary == "Striped."


@pytest.mark.parametrize(
    ("requirement", "error"),
    [
        ("acme-storage>=2", PluginVersionConflict),
        ("acme-storage<1.4", PluginVersionConflict),
        ("elsewhere>=1", PluginMissingRequirement),
        ("glueful-hookspecs>=1", PluginVersionConflict),
    ],
)
def test_a_requirement_that_is_not_met_fails_the_plugin(requirement: str, error: type[PluginError]) -> None:
    report = planned(info("audit", [requirement]), info("storage"), info("mirror", ["acme-audit"]))

    status = report.get("audit")
    assert (status.state, type(status.error)) == (State.FAILED, error)
    assert (report.get("mirror").state, report.get("mirror").blocked_by) == (State.BLOCKED, "audit")
    assert report.order == ("storage",)


def test_a_prerelease_that_is_installed_counts() -> None:
    report = plan([info("a", ["acme-b>=1"])], version_of=lambda _: "1.5b1")

    assert report.order == ("a",)


def test_a_cycle_fails_one_and_blocks_the_rest_of_it() -> None:
    report = planned(info("a", ["acme-b"]), info("b", ["acme-c"]), info("c", ["acme-a"]), info("d"))

    assert report.order == ("d",)
    (error,) = report.errors
    assert isinstance(error, PluginCycle)
    assert error.path == ("a", "b", "c", "a")


def test_two_plugins_of_one_name_are_refused() -> None:
    report = planned(info("audit"), info("audit", distribution="other-audit"))

    (error,) = report.errors
    assert isinstance(error, PluginDuplicate)
    assert error.owners == ("acme-audit", "other-audit")


def test_official_names_belong_to_official_distributions() -> None:
    report = planned(info("orm", distribution="evil-corp"))

    (error,) = report.errors
    assert isinstance(error, PluginShadowsOfficial)
    assert (error.owner, error.official) == ("evil-corp", "glueful-orm")


def test_only_starts_what_is_named_and_what_it_requires() -> None:
    report = planned(info("audit", ["acme-storage"]), info("backup"), info("storage"), only=["audit"])

    assert states(report) == {"backup": "disabled", "storage": "active", "audit": "active"}


def test_without_blocks_what_requires_it() -> None:
    report = planned(info("audit", ["acme-storage"]), info("storage"), without=["storage"])

    assert states(report) == {"storage": "disabled", "audit": "blocked"}
    assert report.errors == ()


def test_safe_mode_starts_official_plugins_and_the_applications_own() -> None:
    infos = [info("audit"), info("orm", distribution="glueful-orm"), PluginInfo(name="mine")]

    report = plan(infos, safe_mode=True, version_of=version_of)

    assert report.order == ("orm", "mine")


def test_a_name_that_no_plugin_has_is_refused_with_the_nearest_or_what_to_install() -> None:
    with pytest.raises(PluginNotFound) as near:
        planned(info("audit"), without=["audti"])
    with pytest.raises(PluginNotFound) as official:
        planned(info("audit"), only=["webhooks"])

    assert near.value.suggestion == "audit"
    assert official.value.install == "glueful-webhooks"


def test_names_are_normalised() -> None:
    assert planned(info("rate-limit"), without=["Rate_Limit"]).order == ()


@given(st.data())
def test_a_failure_blocks_exactly_what_requires_it(data: st.DataObject) -> None:
    names = [f"p{index}" for index in range(data.draw(st.integers(1, 7)))]
    needs = {n: data.draw(st.sets(st.sampled_from(names[:i]))) if i else set() for i, n in enumerate(names)}
    report = planned(*(info(name, [f"acme-{other}" for other in needs[name]]) for name in names))
    victim = data.draw(st.sampled_from(names))

    report.fail(victim, PluginError("broken"))

    def requires(name: str) -> bool:
        return any(other == victim or requires(other) for other in needs[name])

    for name in names:
        expected = State.FAILED if name == victim else State.BLOCKED if requires(name) else State.ACTIVE
        assert report.get(name).state is expected
