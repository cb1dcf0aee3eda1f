"""Reasons of the operating system (errno) in both languages."""

from __future__ import annotations

import errno
import os
from typing import Final

from counterfoil.words import Text

CHINESE: Final = {
    errno.EACCES: "没有权限",
    errno.EADDRINUSE: "地址已被占用",
    errno.EADDRNOTAVAIL: "地址不可用",
    errno.EAGAIN: "资源暂时不可用",
    errno.EBADF: "文件已关闭",
    errno.EBUSY: "设备或文件正被使用",
    errno.ECONNREFUSED: "连接被拒绝",
    errno.ECONNRESET: "连接被对方中断",
    errno.EEXIST: "已存在",
    errno.EFBIG: "文件过大",
    errno.EHOSTUNREACH: "无法到达主机",
    errno.EINVAL: "参数无效",
    errno.EIO: "读写错误",
    errno.EISDIR: "是目录，不是文件",
    errno.ELOOP: "符号链接层数过多",
    errno.EMFILE: "打开的文件过多",
    errno.ENAMETOOLONG: "名称过长",
    errno.ENETUNREACH: "网络不可达",
    errno.ENFILE: "系统打开的文件过多",
    errno.ENODEV: "没有该设备",
    errno.ENOENT: "文件或目录不存在",
    errno.ENOMEM: "内存不足",
    errno.ENOSPC: "磁盘空间不足",
    errno.ENOTDIR: "不是目录",
    errno.ENOTEMPTY: "目录不为空",
    errno.ENXIO: "没有该设备",
    errno.EPERM: "不允许该操作",
    errno.EPIPE: "对方已关闭",
    errno.EROFS: "文件系统为只读",
    errno.ETIMEDOUT: "超时",
    errno.EXDEV: "不在同一文件系统",
}


UNWRITTEN: Final = Text("{path} cannot be written: {reason}", "无法写入 {path}：{reason}")
NAMED: Final = Text("{path}: {reason}", "{path}：{reason}")


COMMA: Final = Text(
    "{typed} can be read in two ways: decimals stand behind a point, commas group digits in threes (1,234.50)",
    "{typed} 有两种读法：小数点用“.”，逗号只作千位分隔（1,234.50）",
)


def named(error: OSError, path: object = None) -> Text:
    """The file, `path` or the one the error names, and the system's reason; the reason alone where there is no file."""
    file = path if path is not None else error.filename
    return NAMED.filled(path=file, reason=reason(error)) if file else reason(error)


def reason(error: OSError) -> Text:
    """The system's reason. One that has no Chinese here is named by its number there."""
    if error.errno is None:
        return Text(str(error) or type(error).__name__, "系统错误")
    name = errno.errorcode.get(error.errno, str(error.errno))
    english = error.strerror or os.strerror(error.errno)
    return Text(english[:1].lower() + english[1:], CHINESE.get(error.errno, f"系统错误 {name}"))
