"""A module of the product with another source, for as long as a context lasts."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType


class Replaced(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """`module` is loaded from `source`. It must not have been imported before."""

    def __init__(self, module: str, source: str, path: Path) -> None:
        self.module = module.removesuffix(".__init__")
        self.source = source
        self.path = path

    def __enter__(self) -> None:
        assert self.module not in sys.modules, f"{self.module} is loaded already"
        sys.meta_path.insert(0, self)

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Ours, when it is asked for."""
        if fullname != self.module:
            return None
        package = self.path.name == "__init__.py"
        spec = importlib.util.spec_from_file_location(
            fullname, self.path, loader=self, submodule_search_locations=[str(self.path.parent)] if package else None
        )
        assert path is None or spec is not None
        return spec

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed source as the module."""
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)
