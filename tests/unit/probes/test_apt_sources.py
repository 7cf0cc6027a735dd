"""The output of apt when it requests the signed index of every source."""

from __future__ import annotations

from tests.unit.probes.captured_text import captured
from upgradeproof.probes import Difference, Facts
from upgradeproof.probes.apt_sources import AptSource, AptSources
from upgradeproof.probes.inputs import ProbeInputs


def parse(text: str) -> dict[str, AptSource]:
    return AptSources.parse(text, ProbeInputs())


def test_the_output_of_a_machine_is_read() -> None:
    found = parse(captured("apt_sources"))
    assert found["file:/srv/repo ./"].refused
    assert "SHA1 is not considered secure" in found["file:/srv/repo ./"].message
    assert found["file:/srv/repob ./"].refused
    assert not any(source.refused for key, source in found.items() if key.startswith("http"))


def test_sources_that_are_verified_are_no_facts() -> None:
    assert parse("Hit:1 http://a.test/debian x InRelease\nReading package lists...\n") == {}
    assert parse("Get:1 http://a.test/debian x InRelease [151 kB]\n") == {}


def test_an_unreachable_source_is_not_refused() -> None:
    found = parse(
        "Err:1 http://a.test/debian x InRelease\n"
        "  Could not resolve 'a.test'\n"
        "E: The repository 'http://a.test/debian x InRelease' is not signed.\n"
        "Err:2 http://b.test/debian y Release\n  404  Not Found [IP: 192.0.2.1 80]\n"
    )
    assert {key: (s.refused, s.unreachable) for key, s in found.items()} == {
        "http://a.test/debian x": (False, True),
        "http://b.test/debian y": (False, True),
    }


def test_a_missing_key_is_refused_with_apts_decisive_line() -> None:
    found = parse(
        "Get:1 http://a.test/debian x InRelease [1 kB]\n"
        "Err:1 http://a.test/debian x InRelease\n"
        "  The following signatures couldn't be verified because the public key is not available:"
        " NO_PUBKEY 0E98404D386FA1D9\n"
    )
    source = found["http://a.test/debian x"]
    assert source.refused
    assert "NO_PUBKEY 0E98404D386FA1D9" in source.message


def test_a_source_with_only_a_warning_is_trusted() -> None:
    found = parse(
        "Get:1 http://a.test/debian x InRelease [1 kB]\n"
        "W: http://a.test/debian/dists/x/InRelease: Key is stored in legacy trusted.gpg keyring"
        " (/etc/apt/trusted.gpg), see the DEPRECATION section in apt-key(8) for details.\n"
    )
    source = found["http://a.test/debian x"]
    assert (source.warned, source.refused) == (True, False)


def test_an_error_before_any_source_is_asked_is_a_fact() -> None:
    error = "Malformed entry 1 in list file /etc/apt/sources.list (Suite)"
    found = parse(f"exit status 100\nE: {error}\nE: The list of sources could not be read.\n")
    assert found["apt-get update"].failed
    assert error in found["apt-get update"].message


def test_an_error_of_one_source_is_not_one_of_apt() -> None:
    found = parse(
        "exit status 100\n"
        "Err:1 http://a.test/debian x InRelease\n"
        "  At least one invalid signature was encountered.\n"
        "E: Some index files failed to download.\n"
    )
    assert list(found) == ["http://a.test/debian x"]


def test_a_source_without_an_answer_is_out_of_reach() -> None:
    found = parse("exit status 0\nErr:1 http://a.test/debian x InRelease\n")
    assert found["http://a.test/debian x"].unreachable


def test_a_time_out_is_no_verification() -> None:
    assert parse("exit status 124\n")["apt-get update"].unreachable


def test_only_an_unreachable_source_is_explained() -> None:
    line = Difference(path="apt_sources/http://a.test/debian x", before=None, after="there")
    empty = Facts({AptSources.section: {}})

    def reason(source: AptSource) -> str:
        after = Facts({AptSources.section: {"http://a.test/debian x": source}})
        return AptSources.explain(line, empty, after)

    assert reason(AptSource(unreachable=True)) == (
        "the source was out of reach: nothing is known of it"
    )
    assert reason(AptSource(refused=True)) == ""
