"""What is wrong with a command line, in both languages: click says it in English only."""

from __future__ import annotations

import re
from typing import Final

import click
from click import exceptions

from counterfoil.words import Text

TRY: Final = Text("{what} (try '{path} --help')", "{what}（参见 `{path} --help`）")
MISSING: Final = {"option": "缺少选项 {name}", "argument": "缺少参数 {name}", "parameter": "缺少 {name}"}
REASONS: Final[tuple[tuple[str, str], ...]] = (
    (r"(.*) is not one of (.*)\.", "{0} 不在可选值之内：{1}"),
    (r"(.*) is not a valid (?:integer|integer range)\.", "{0} 不是整数"),
    (r"(.*) is not a valid (?:float|float range)\.", "{0} 不是数字"),
    (r"(.*) is not a valid boolean\. Recognized values: (.*)", "{0} 不是布尔值，可用：{1}"),
    (r"(.*) is not in the range (\S+)<=x<=(\S+)\.", "{0} 应在 {1} 至 {2} 之间"),
    (r"(.*) is not in the range (\S+)<x<=(\S+)\.", "{0} 应大于 {1}，不大于 {2}"),
    (r"(.*) is not in the range x>=(\S+)\.", "{0} 应不小于 {1}"),
    (r"(.*) is not in the range x>(\S+)\.", "{0} 应大于 {1}"),
    (r"(.*) is not in the range x<=(\S+)\.", "{0} 应不大于 {1}"),
    (r"(.*) does not match the formats? (.*)\.", "{0} 的格式应为 {1}"),
    (r"(?:File|Directory|Path) (.*) does not exist\.", "{0} 不存在"),
    (r"(?:File|Directory|Path) (.*) is a file\.", "{0} 是文件，不是目录"),
    (r"(?:File|Directory|Path) (.*) is a directory\.", "{0} 是目录，不是文件"),
    (r"(?:File|Directory|Path) (.*) is not readable\.", "{0} 无法读取"),
    (r"(?:File|Directory|Path) (.*) is not writable\.", "{0} 无法写入"),
    (r"Option (.*) does not take a value\.", "选项 {0} 不带值"),
    (r"Option (.*) requires an argument\.", "选项 {0} 须带一个值"),
    (r"Option (.*) requires (\d+) arguments\.", "选项 {0} 须带 {1} 个值"),
    (r"Argument (.*) takes (\d+) values\.", "参数 {0} 须有 {1} 个值"),
    (r"Takes (\d+) values but (\d+) (?:was|were) given\.", "须有 {0} 个值，给出了 {1} 个"),
    (r"Got unexpected extra arguments? \((.*)\)", "多余的参数：{0}"),
    (r"No such command (.*)\.", "没有命令 {0}"),
    (r"No such option:? (.*)\.", "没有选项 {0}"),
    (r"Missing command\.", "缺少子命令"),
)
"""click's own sentences, and the same in Chinese."""
_PATTERNS: Final = tuple((re.compile(pattern, re.DOTALL), zh) for pattern, zh in REASONS)


def said(error: click.ClickException) -> Text:
    """The complaint as one sentence; of a command line that cannot be read also where its help is."""
    english = " ".join(error.format_message().split())
    text = Text(english, " ".join(_chinese(error).split()))
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return TRY.filled(what=text, path=error.ctx.command_path)
    return text


def _chinese(error: click.ClickException) -> str:
    match error:
        case exceptions.MissingParameter():
            return _missing(error)
        case exceptions.BadParameter():
            name = _named(error)
            return f"{name} 的值无效：{_reason(error.message)}" if name else f"值无效：{_reason(error.message)}"
        case exceptions.NoSuchOption() | exceptions.NoSuchCommand():
            like = "、".join(map(repr, sorted(error.possibilities or ())))
            return _reason(error.message) + (f"；是否为 {like}？" if like else "")
    return _reason(error.message)


def _missing(error: exceptions.MissingParameter) -> str:
    param = error.param
    kind = error.param_type or (param.param_type_name if param is not None else "parameter")
    said_so = MISSING.get(kind, MISSING["parameter"]).format(name=_named(error)).strip()
    choices = param.type.choices if param is not None and isinstance(param.type, click.Choice) else ()
    return said_so + (f"，可选：{'、'.join(map(repr, choices))}" if choices else "")


def _named(error: exceptions.BadParameter) -> str:
    hint = error.param_hint
    if hint is None and error.param is not None:
        hint = error.param.get_error_hint(error.ctx)
    return hint if isinstance(hint, str) else " / ".join(map(repr, hint or ()))


def _reason(english: str) -> str:
    """The sentence in Chinese; as it is where it is none of those above, which a test looks for."""
    for pattern, zh in _PATTERNS:
        found = pattern.fullmatch(english)
        if found is not None:
            return zh.format(*found.groups())
    return english
