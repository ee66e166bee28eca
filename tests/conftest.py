"""What every test needs: a cache of its own, so that nothing done before is read, and a Ctrl-C that is heard."""

import signal

import pytest


def pytest_configure():
    # A shell that starts the tests in the background has them ignore SIGINT, which programs under test would inherit.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
