"""What each of the other rings says in the report, from the JSON its command printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from prove.record import Part
from prove.survivors import NOBODY, UNSEEN, why
from prove.tables import table

A_TEST: Final = "a test"


def headed(title: str, part: Part, text: str) -> str:
    """A section: its title, how it came about, what was found."""
    broken = "" if part.held else "**A promise was broken; see the figures in reliability.json.** "
    return f"## {title}\n\n{broken}Commit {part.commit}, {part.date}, {part.seconds} s: `{part.command}`.\n\n{text}"


def repeat(part: Part) -> str:
    """One seed, one world."""
    hashes: dict[str, str] = part.found["hashes"]
    told = ", ".join(f"{seed}: `{found}`" for seed, found in hashes.items())
    same = "the same" if len(set(hashes.values())) == 1 else "**not the same**"
    text = f"{part.found['transactions']} transactions of the swarm, the hash of all events by PYTHONHASHSEED: {told}"
    return headed("The same seed is the same world", part, f"{text}: {same}.\n")


def disk(part: Part) -> str:
    """Ring 2."""
    found = part.found
    rows = [(store, counted["operations"], counted["passed"]) for store, counted in found["stores"].items()]
    text = (
        f"Every write, flush, truncation and deletion of the first {found['steps']} steps of two days, a quiet one and "
        "a rush hour with reversals, advices and several messages a step, made the last one, in "
        f"{found['journal']} mode as in production, ending with: {', '.join(found['endings'])}. Afterwards the store "
        "is before or after the step and its station goes on; the ledger's line is the issuer's operations again, its "
        f"books asked each time. Half-written: {found['half_written']}; stuck: {found['stuck']}.\n\n"
    )
    return headed("Ring 2, the disk", part, text + table(("store", "operations", "passed"), rows))


def processes(part: Part) -> str:
    """Ring 3."""
    found = part.found
    struck = ", ".join(f"{sum(found[kind].values())} {kind}" for kind in ("kills", "pauses", "outages"))
    messages = sum(times for kinds in found["faults"].values() for times in kinds.values())
    closed = found["closing_seconds"]
    relayed = sum(found.get("relay", {}).values())
    relay = f", and a relay without any key spoils {relayed} more (copies, damage, old ones again)" if relayed else ""
    rows = [
        ("sales", found["sales"]),
        ("approved", found["approved"]),
        ("reversed", found["reversed"]),
        ("kill -9 of a station or a link", sum(found["kills"].values())),
        ("half-written records", found["half_written"]),
        ("one-sided at rest", found["one_sided"]),
        ("of these without a case", found["one_sided_unreported"]),
        ("cases", found["exceptions"]),
        ("charges that nobody counts as a sale", len(found["unowned"])),
        ("originals that came out twice", len(found["originals_twice"])),
        ("ledger sum", found["ledger_sum"]),
    ]
    text = (
        f"A stack of real processes on real disks sells for {found['seconds']:.0f} s, seed {found['seed']}: {struck}, "
        f"{messages} messages broken{relay}. It came to rest {found['rest_seconds']:.1f} s after the last fault; each "
        f"break was closed after {closed['p50']} s (median), {closed['p99']} s (p99), {closed['max']} s (longest). "
        f"Takings of the day by whoever counts them: {nets(found['nets'])}.\n\n"
    )
    return headed("Ring 3, real processes", part, text + table(("", "count"), rows))


def nets(found: Mapping[str, int]) -> str:
    """The sums, or the one sum when they are equal."""
    if len(set(found.values())) == 1:
        return f"{', '.join(found)} all say {next(iter(found.values())) / 100:,.2f}"
    return ", ".join(f"{who} {amount / 100:,.2f}" for who, amount in found.items())


def mutants(part: Part) -> str:
    """Every rule, taken out."""
    killed, survived, waiting = part.found["killed"], part.found["survived"], part.found["waiting"]
    by_world = sorted((one for one in killed if one["mix"] != A_TEST), key=lambda one: one["transactions"])
    rows = [(f"`{one['name']}`", one["transactions"], f"{one['mix']} {one['world']}") for one in by_world]
    by_test = [f"- `{one['name']}`: {one['broken']}" for one in killed if one["mix"] == A_TEST]
    text = (
        f"{len(killed)} of {len(killed) + len(survived)} killed, seed {part.found['seed']}; {len(waiting)} wait for "
        "parts that are not built and are counted as nothing. A mutant is one rule taken out of the real stations; it "
        "is killed when a world breaks a promise with it and the same world is sound without it. Some break only what "
        "a step with several messages can get wrong, and are hunted at the rush hour.\n"
    )
    lines = [
        text,
        table(("mutant", "transactions to kill", "mix, world"), rows),
    ]
    if by_test:
        lines += ["No world can show these; a test does, run with the mutant in place:\n", *by_test, ""]
    if survived:
        lines += ["**Survived:**\n", *(f"- `{one['name']}` {one['why']}" for one in survived), ""]
    lines += ["Waiting:\n", *(f"- `{one['name']}`: {one['needs']}" for one in waiting), ""]
    return headed("Mutants", part, "\n".join(lines))


def rules(part: Part) -> str:
    """mutmut."""
    rows = [(name, one["mutants"], one["killed"], len(one["survivors"])) for name, one in part.found["rooms"].items()]
    text = (
        "mutmut changes every operator, constant and branch of the ledger and of the pure rules (issuer/rules, "
        "issuer/reversal_rules, switch/rules, verdict/judge, verdict/position), one at a time, and runs the tests of "
        "that room. The survivors are named in reliability.json; all were looked at. They are the "
        "texts of assertions and errors, changes that mean the same (a zero that was refused a line above, a value "
        "that nobody reads, a default that every caller names), assertions that no caller can reach, and what is "
        "worked out when the module is loaded, before mutmut changes it.\n\n"
    )
    return headed("Rules under mutmut", part, text + table(("room", "mutants", "killed", "survived"), rows))


def sample(part: Part) -> str:
    """mutmut, drawn by a seed over whole rooms."""
    found: dict[str, dict[str, Any]] = part.found["rooms"]
    rows = [(name, one["commit"], f"{one['possible']:,}", one["drawn"], one["killed"]) for name, one in found.items()]
    drawn, killed = (sum(one[which] for one in found.values()) for which in ("drawn", "killed"))
    survivors = [name for one in found.values() for name in one["survivors"]]
    text = (
        f"Of every mutant mutmut can make in these rooms {drawn} are drawn, seed {part.found['seed']}, and given to "
        f"the tests that `make test` has for the room: {killed} of {drawn} are killed, {killed / drawn:.1%}. "
        "One that no test reaches counts as a survivor. mutmut does not change what is worked out when a module is "
        "loaded.\n\n"
    )
    lines = [text + table(("room", "commit", "possible", "drawn", "killed"), rows), "Survivors:\n"]
    lines += [f"- `{name}`: {why(name)}" for name in survivors]
    return headed("Mutants nobody chose, before the tests", part, "\n".join([*lines, ""]))


def drawn(part: Part) -> str:
    """Changes of the source drawn by a seed, given to the simulator."""
    found = part.found
    differing = found["noticed"] + found["unnoticed"]
    survivors = [f"- `{one['name']}` {one['change']}: {UNSEEN.get(one['name'], NOBODY)}" for one in found["survivors"]]
    text = (
        f"Of every operator, constant, branch and statement of terminal, switch, issuer, ledger and verdict "
        f"{differing + found['same']} are changed, drawn by seed {found['seed']}, one at a time, and up to "
        f"{found['budget']:,} sales of the mixes are played with each. With {found['same']} of them every world stays "
        f"what it was, byte for byte. Of the other {differing} the simulator notices {found['noticed']}, "
        f"{found['noticed'] / differing:.0%}, because a world breaks a promise. It does not notice:\n"
    )
    return headed("Mutants nobody chose, before the simulator", part, "\n".join([text, *survivors, ""]))


def parsers(part: Part) -> str:
    """Whatever reads bytes from outside."""
    rows = [(name, one["executions"], one["crashes"]) for name, one in part.found["targets"].items()]
    text = (
        f"Every reader of bytes from outside, seed {part.found['seed']}, engine: {part.found['engine']}. A crash is an "
        "exception outside the error tree, a hang, or card data in a message or traceback.\n\n"
    )
    return headed("Parsers", part, text + table(("target", "executions", "crashes"), rows))


def canaries(part: Part) -> str:
    """Card data, planted."""
    found = part.found
    text = (
        f"{found['canaries']} cards that exist nowhere else, sold, refused, broken and quoted at a running stack; then "
        f"{found['files']:,} files and answers ({found['bytes']:,} bytes) looked through for {found['needles']:,} "
        f"forms of them: {len(found['hits'])} found.\n"
    )
    return headed("Canaries", part, text)


def printers(part: Part) -> str:
    """The last hop: paper."""
    found = part.found
    prints = sum(found["prints"].values())
    text = (
        f"{found['schedules']:,} random schedules of faults between a till and its printer; the print jobs and the rule"
        f" of the one ORIGINAL are the product's. Of {found['sales']:,} sales {found['originals']:,} have an ORIGINAL, "
        f"{found['duplicates']:,} DUPLICATEs are on paper; {found['lost_and_open']:,} have no slip at all, each "
        "of them is open at the till. Schedules with two ORIGINALs of a sale, or with a slip that is said to be printed"
        f" and is not: {found['broken']}. How the {prints:,} prints ended:\n\n"
    )
    rows = [(state, f"{times:,}") for state, times in found["prints"].items()]
    return headed("The printer", part, text + table(("as the till knows it", "prints"), rows))


SECTIONS: Final[Mapping[str, Callable[[Part], str]]] = {
    "repeat": repeat,
    "disk": disk,
    "processes": processes,
    "mutants": mutants,
    "rules": rules,
    "sample": sample,
    "drawn": drawn,
    "parsers": parsers,
    "canaries": canaries,
    "printers": printers,
}
