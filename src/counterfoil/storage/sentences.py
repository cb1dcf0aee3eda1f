"""What is said of a store that is refused: which one, what is wrong with it, and the way out. `{store}` is its path."""

from __future__ import annotations

from typing import Final

import apsw

from counterfoil.words import Text

READ_ONLY: Final = Text("the file is read-only", "文件为只读")
CHINESE: Final[dict[type[Exception], str]] = {
    apsw.BusyError: "正被使用",
    apsw.LockedError: "正被使用",
    apsw.CantOpenError: "无法打开文件",
    apsw.CorruptError: "数据库内容已损坏",
    apsw.NotADBError: "不是数据库文件",
    apsw.FullError: "磁盘已满",
    apsw.IOError: "磁盘读写错误",
    apsw.NoMemError: "内存不足",
    apsw.PermissionsError: "没有权限",
    apsw.ReadOnlyError: "文件为只读",
    apsw.AuthError: "没有权限",
    apsw.SchemaChangeError: "表结构已改变",
    apsw.TooBigError: "内容过大",
    UnicodeDecodeError: "文本已损坏",
}
IN_USE: Final = Text(
    "{store} is in use by process {holder}: a store has one owner",
    "{store} 正被进程 {holder} 使用：一个数据库只能有一个所有者",
)
NOT_WRITABLE: Final = Text(
    "{store} cannot be opened for writing: {reason}", "无法以写方式打开 {store}（{reason}）：请检查权限和磁盘"
)
NOT_OPENED: Final = Text("{store} cannot be opened: {reason}", "无法打开 {store}：{reason}")
MISSING: Final = Text(
    "there is no store at {store} ({reason}): has its station run?", "{store} 不存在（{reason}）：该站点是否运行过？"
)
EMPTY: Final = Text("{store} is still empty: its station has not started yet", "{store} 仍是空文件：该站点尚未启动过")
VANISHED: Final = Text(
    "{store} is missing or empty although its station has been set up: restore the whole data directory from a backup",
    "{store} 不存在或为空，而该站点早已建立：请从备份恢复整个数据目录",
)
ORPHANED_LOG: Final = Text(
    "{store} is missing but {log} is there and holds its last commits: restore both together",
    "{store} 不存在，但 {log} 还在，其中有最后的提交：请将两者一起恢复",
)
CORRUPTED: Final = Text(
    "{store} is corrupted ({reason}): keep a copy and restore the whole data directory from a backup",
    "{store} 已损坏（{reason}）：请保留副本，并从备份恢复整个数据目录",
)
LOG_CORRUPTED: Final = Text(
    "{store} is corrupted (its log {log} is damaged before its last commits, which would be lost): "
    "keep a copy of both and restore the whole data directory from a backup",
    "{store} 已损坏（日志 {log} 在最后几次提交之前已损坏，启动将丢失这些提交）："
    "请保留两者的副本，并从备份恢复整个数据目录",
)
LOG_GONE: Final = Text(
    "the log {log} of {store} is missing and holds its last commits: put it back beside the store, or restore the "
    "whole data directory from a backup (remove {mark} only if the log was copied into the store by another program)",
    "{store} 的日志 {log} 缺失，其中有最后的提交：请放回原处，或从备份恢复整个数据目录"
    "（仅当其他程序已将日志并入数据库时，才可删除 {mark}）",
)
FOREIGN: Final = Text(
    "{store} is an SQLite file of another program: put the station's own file back",
    "{store} 是其他程序的 SQLite 文件：请放回该站点自己的文件",
)
UNSAFE: Final = Text(
    "{store} refuses {setting} (it is {found}): no commit would be safe",
    "{store} 不接受 {setting}（实际为 {found}）：任何提交都不安全",
)
NEWER: Final = Text(
    "{store} has format {found} and this program knows {known}: use the program that wrote it, or a newer one",
    "{store} 的格式为 {found}，而本程序只认识到 {known}：请使用写入它的程序或更新的版本",
)
OLDER: Final = Text(
    "{store} has format {found} and {known} is needed: start its station once",
    "{store} 的格式为 {found}，需要 {known}：请先启动一次该站点",
)
OTHER_MIGRATION: Final = Text(
    "{store} was made by another migration {number} than this program has: it belongs to another station, "
    "or a released migration was edited",
    "{store} 由另一版本的迁移 {number} 建立：它属于其他站点，或已发布的迁移被改动",
)
OTHER_COLUMNS: Final = Text(
    "{table} in {store} has other columns than this program writes ({found}): restore the whole data directory from a "
    "backup",
    "{store} 的表 {table} 的列与本程序写入的不同（{found}）：请从备份恢复整个数据目录",
)
UNRULY_MIGRATION: Final = Text(
    "migration {number} of {store} does more than change the format", "{store} 的迁移 {number} 不只是改变格式"
)
BUSY: Final = Text(
    "the stores were never all at rest for an instant: so much is going on that no copy of one moment could be begun",
    "各数据库始终未能同时静止：当前业务过于繁忙，无法取得同一时刻的副本",
)
UNSOUND_COPY: Final = Text(
    "the copy of {store} is not sound ({reason}): is the store itself damaged, or the disk of the copy?",
    "{store} 的副本不完好（{reason}）：可能是数据库本身或副本所在磁盘已损坏",
)


def refused(error: apsw.Error | UnicodeDecodeError) -> Text:
    """Error of SQLite in its own words; in Chinese the kind of error it is."""
    kind = next((zh for one, zh in CHINESE.items() if isinstance(error, one)), f"SQLite 错误 {type(error).__name__}")
    return Text(str(error), kind)


def unsound(complaint: str) -> Text:
    """Complaints of SQLite's check of a file, in one line."""
    return Text(" ".join(complaint.split()), "数据库自检未通过")
