"""The font that draws what a printer has no letters for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterfoil.errors import OurError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

FACES: Final = 16  # how many faces of a file are looked at
PACKAGE: Final = "fonts-wqy-microhei"
# Where Debian's and Fedora's packages and macOS put a font that has simplified Chinese, the smallest first.
KNOWN: Final = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/arphic/uming.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Light.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
)


class NoFont(OurError):  # noqa: N818 - says what is missing
    """No font with Chinese characters; the text says what to install."""


@lru_cache(maxsize=4)
def find(chosen: str = "", known: tuple[str, ...] = KNOWN) -> Path | None:
    """The font file to draw with: the chosen one, else the first known one that is there; None without any.

    Looked for once per process. NoFont when the chosen one is not there: nobody asked for another.
    """
    if chosen:
        path = Path(chosen).expanduser()
        if not path.is_file():
            raise NoFont(f"there is no font file {chosen}", f"没有字体文件 {chosen}")
        return path
    return next((path for path in map(Path, known) if path.is_file()), None)


@lru_cache(maxsize=16)
def load(path: Path | None, size: int, *, narrow: bool = False) -> FreeTypeFont | ImageFont:
    """The font in a size (pixels of its square); without a file the small Latin one that comes with Pillow.

    `narrow`: for letters, whose columns are all the same: the face of the file that was drawn for that, if it has one.
    """
    from PIL import ImageFont

    if path is None:
        return ImageFont.load_default(size)
    try:
        return ImageFont.truetype(str(path), size, index=_mono(path) if narrow else 0)
    except OSError:
        raise NoFont(f"{path} cannot be read as a font", f"{path} 不是可用的字体文件") from None


@lru_cache(maxsize=4)
def _mono(path: Path) -> int:
    """Which face of a font file has letters of one width; 0 where none says so."""
    from PIL import ImageFont

    for index in range(1, FACES):
        try:
            name = ImageFont.truetype(str(path), 10, index=index).getname()[0]
        except OSError:
            break
        if name and "Mono" in name and "TC" not in name and "JP" not in name:
            return index
    return 0


def require(path: Path | None) -> Path:
    """The font, where Chinese has to be drawn; NoFont names the package that brings one."""
    if path is None:
        raise NoFont(
            f"Chinese cannot be drawn without a font: apt-get install {PACKAGE}",
            f"缺少中文字体,无法打印汉字:请执行 apt-get install {PACKAGE}",
        )
    return path
