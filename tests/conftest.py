"""What holds for every test: where the checks must be complete (CI=true), a skipped test is a failed one.

What is alive once all tests are gathered stays alive: the collector of garbage looks at it neither before nor after.
"""

import gc
import os
import signal
from collections.abc import Generator
from typing import Any

import pytest

from system import fribidi, install


def pytest_configure() -> None:
    gc.disable()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what is in its background deaf to it
    if os.environ.get("CI") == "true":
        install(fribidi, "libfribidi0")  # Pillow looks for it once, when it is first imported


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason: Any = report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI=true allows no skip: {reason[2] if isinstance(reason, tuple) else reason}"
    return report
