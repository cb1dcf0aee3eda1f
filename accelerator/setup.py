"""Builds the two parts. Everything generated goes to `dist/`, which nobody keeps."""

import sys

from Cython.Build import cythonize
from setuptools import Extension, setup

PACKAGE = "counterfoil_accelerator"
FLAGS = [] if sys.platform == "win32" else ["-O3", "-g0"]


def part(name: str, **more: object) -> Extension:
    """One compiled module of the package."""
    return Extension(f"{PACKAGE}.{name}", [f"src/{PACKAGE}/{name}.pyx"], extra_compile_args=FLAGS, **more)


setup(
    ext_modules=cythonize(
        # Without the headers of OpenSSL, or on one that is too old, the second part is left out.
        [part("messages"), part("macs", libraries=["crypto"], optional=True)],
        build_dir="dist/c",
        language_level=3,
    ),
    options={"build": {"build_base": "dist/build"}, "egg_info": {"egg_base": "src"}},
)
