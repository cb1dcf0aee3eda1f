"""What is wrong with a field of a request, in both languages: the framework says it in English only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from counterfoil.words import Text

NO_SUCH: Final = Text("no such field", "没有该字段")
OTHERWISE: Final = "值无效"
CHINESE: Final[dict[str, str]] = {
    "missing": "缺少该字段",
    "extra_forbidden": "没有该字段",
    "json_invalid": "不是有效的 JSON",
    "model_attributes_type": "应为 JSON 对象",
    "model_type": "应为 JSON 对象",
    "dict_type": "应为 JSON 对象",
    "list_type": "应为列表",
    "bool_type": "应为布尔值",
    "bool_parsing": "应为布尔值",
    "string_type": "应为文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "too_short": "至少 {min_length} 项",
    "too_long": "最多 {max_length} 项",
    "string_pattern_mismatch": "格式应为 {pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "整数过大",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "literal_error": "应为下列之一：{expected}",
    "enum": "应为下列之一：{expected}",
    "value_error": "值无效",
}
"""By the framework's type of error."""


def said(one: Mapping[str, Any]) -> Text:
    """What the field should be, never what it was."""
    kind = str(one["type"])
    if kind == "extra_forbidden":
        return NO_SUCH
    limits = {name: str(value).replace(" or ", "、") for name, value in one.get("ctx", {}).items()}
    return Text(str(one["msg"]), CHINESE.get(kind, OTHERWISE).format(**limits))
