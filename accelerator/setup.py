"""Builds the two parts. Everything generated goes to `dist/`, which nobody keeps."""

import sys

from Cython.Build import cythonize
from setuptools import Extension, setup

PACKAGE = "counterfoil_accelerator"
FLAGS = [] if sys.platform == "win32" else ["-O3", "-g0"]


def part(name: str, **more: object) -> Extension:
    """One compiled module of the package."""
    source = f"src/{PACKAGE}/{name}.pyx"
    plain = Extension(f"{PACKAGE}.{name}", [source], extra_compile_args=FLAGS)
    (made,) = cythonize([plain], build_dir="dist/c", language_level=3)
    for key, value in more.items():  # Cython keeps only what it knows
        setattr(made, key, value)
    return made


setup(
    # Without the headers of OpenSSL, or on one that is too old, the second part is left out.
    ext_modules=[part("messages"), part("macs", libraries=["crypto"], optional=True)],
    options={"build": {"build_base": "dist/build"}, "egg_info": {"egg_base": "src"}},
)
