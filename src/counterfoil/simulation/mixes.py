"""Fault mixes: what may go wrong in a world, and how often. A mix names the choices, the seed draws from them."""

from __future__ import annotations

import random
from typing import Final

import msgspec

from counterfoil.step import SECOND, Instant

MINUTE: Final[Instant] = 60 * SECOND


class Cut(msgspec.Struct, frozen=True):
    """From `start` to `end` (microseconds of the world) nothing that `source` says reaches `target`."""

    source: str
    target: str
    start: Instant
    end: Instant


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """What one world suffers. Rates are per mille of the occasions, `lag` and `mean_delay` are in microseconds.

    `think` is the mean time between two customers of a terminal, `restart` that until a dead process is back, in
    seconds. `lag` is how long a process gathers what arrives before it steps. `reorder` lets messages of one connection
    overtake each other; `slow` ones do in any case. `silent` is the share of crashes of which the other ends of the
    connections hear nothing. `reset` is how often a connection turns out to be closed when something is said.
    `skew` is how far a clock may jump at a start. `wrap` leaves the terminals with few STANs.
    `lost` is when a machine with terminals disappears (0: never), `replaced` how long after that a fresh one takes its
    place (0: never). `off` is when one is switched off (0: never), `away` how long it stays so, which may be days.
    `people` is the share of sales with trouble in front of the counter: cancelled, asked twice, left alone, a printer
    out of paper. `hasty`, `stray` and `stubborn` are what an institution does wrong with a valid MAC: a front end
    answers 91 before its issuer says what it says; a reversal advice names another amount than its original; advices
    are swallowed or refused. `forged` is how often somebody on a line answers a request himself, with a MAC he can only
    guess.

    What follows came later and is drawn last. `each` gives every copy of a message a fate of its own: one arrives
    intact, the other late, damaged or not at all. `aimed` is the share of damaged messages in which one element is hit,
    not any bit. `stale` is the share of closed connections of which the far end learns late: what was on its way still
    arrives there. `relay` is how often somebody on a line holds, repeats, swaps or splices what passes. `closer` is the
    share of exchanges on whose messages a peer hangs up, each time. `forger` is how often somebody without any key
    speaks himself, to every station. `night` is how long the shops close after half of the sales, which is when a relay
    repeats what is hours old. `odd` is the share of customers with an unusual card or wish.

    `restored` is the kind of station that is put back alone from an earlier copy of its store ("": none): the copy is
    made at `copied`, the station stops at `stopped`, and `ended` after it is back a person ends what it has forgotten.

    `kinds` is the share of what cashiers ask that is drawn from the table of kinds, whatever it is; the rest are
    purchases. `life` is how long an issuer keeps a pre-authorisation (0: as long as its kind says).
    """

    drop: int = 0
    duplicate: int = 0
    slow: int = 0
    corrupt: int = 0
    crash: int = 0
    silent: int = 0
    reset: int = 0
    disk: int = 0
    people: int = 0
    think: int = 8
    restart: int = 5
    lag: Instant = 200
    mean_delay: int = 20_000
    reorder: bool = False
    skew: Instant = 0
    begin: Instant = 0
    wrap: bool = False
    lost: Instant = 0
    replaced: Instant = 0
    off: Instant = 0
    away: Instant = 0
    hasty: int = 0
    stray: int = 0
    stubborn: int = 0
    forged: int = 0
    each: bool = False
    aimed: int = 0
    stale: int = 0
    relay: int = 0
    closer: int = 0
    forger: int = 0
    night: Instant = 0
    odd: int = 0
    restored: str = ""
    copied: Instant = 0
    stopped: Instant = 0
    ended: Instant = 0
    kinds: int = 0
    life: Instant = 0
    cuts: tuple[Cut, ...] = ()

    @property
    def strange(self) -> bool:
        """Whether a station may hear what its peer never said."""
        return bool(self.corrupt or self.forged or self.relay or self.forger or self.stray)


class Mix(msgspec.Struct, frozen=True, kw_only=True):
    """The choices a seed draws its faults from; a tuple with one value is that value.

    `partition` is the mean length of one in seconds, 0 for none.
    """

    drop: tuple[int, ...] = (0,)
    duplicate: tuple[int, ...] = (0,)
    slow: tuple[int, ...] = (0,)
    corrupt: tuple[int, ...] = (0,)
    crash: tuple[int, ...] = (0,)
    silent: tuple[int, ...] = (0,)
    reset: tuple[int, ...] = (0,)
    disk: tuple[int, ...] = (0,)
    people: tuple[int, ...] = (100,)
    think: tuple[int, ...] = (8,)
    restart: tuple[int, ...] = (5,)
    lag: tuple[Instant, ...] = (200,)
    mean_delay: tuple[int, ...] = (20_000,)
    reorder: tuple[bool, ...] = (False,)
    skew_seconds: tuple[int, ...] = (0,)
    begin: tuple[Instant, ...] = (0,)
    wrap: tuple[bool, ...] = (False,)
    partition: tuple[int, ...] = (0,)
    lost: tuple[bool, ...] = (False,)
    replaced: tuple[bool, ...] = (False,)
    hasty: tuple[int, ...] = (0,)
    stray: tuple[int, ...] = (0,)
    stubborn: tuple[int, ...] = (0,)
    forged: tuple[int, ...] = (0,)
    away_hours: tuple[int, ...] = (0,)
    each: tuple[bool, ...] = (False,)
    aimed: tuple[int, ...] = (0,)
    stale: tuple[int, ...] = (0,)
    relay: tuple[int, ...] = (0,)
    closer: tuple[int, ...] = (0,)
    forger: tuple[int, ...] = (0,)
    night_hours: tuple[int, ...] = (0,)
    odd: tuple[int, ...] = (0,)
    restored: tuple[str, ...] = ("",)
    kinds: tuple[int, ...] = (0,)
    life_seconds: tuple[int, ...] = (0,)


# Shortly before midnight of the acquirer (UTC+8), of UTC, and of the last day of the year in both.
MIDNIGHTS: Final[tuple[Instant, ...]] = (
    16 * 60 * MINUTE - 2 * MINUTE,
    24 * 60 * MINUTE - 2 * MINUTE,
    (364 * 24 + 16) * 60 * MINUTE - 2 * MINUTE,
    365 * 24 * 60 * MINUTE - 2 * MINUTE,
)

# A world at its rush hour: so many customers at once that every step of a station has several messages to decide.
RUSH_THINK: Final = 4
RUSH_LAGS: Final[tuple[Instant, ...]] = (500_000, 1_000_000)

NOT_AWAY: Final = (0,) * 6  # days cost the simulator more than sales do
NO_MACHINE: Final = (False,) * 4  # is lost in most worlds
SELDOM: Final = (0,) * 4  # with somebody on the lines some promises are not asked for

SWARM: Final = Mix(
    drop=(0, 20, 100, 300),
    duplicate=(0, 50, 300),
    slow=(0, 50, 200),
    corrupt=(0, 0, 10, 50),
    crash=(0, 2, 20),
    silent=(0, 300),
    reset=(0, 0, 20),
    disk=(0, 0, 5),
    people=(20, 100, 300),
    lag=(200, 200, 50_000, 1_000_000),
    mean_delay=(20_000, 300_000, 3_000_000),
    reorder=(False, True),
    skew_seconds=(0, 0, 5, 3600),
    begin=(0, *MIDNIGHTS),
    wrap=(False, False, True),
    think=(8, 8, 40),
    restart=(5, 5, 120),
    partition=(0, 60, 600),
    lost=(False, False, True),
    replaced=(False, True),
    away_hours=(*NOT_AWAY, *NOT_AWAY, 30, 50),
    each=(False, False, True),
    aimed=(0, 0, 500),
    stale=(0, 0, 500),
    relay=(*SELDOM, 20, 100),
    closer=(*SELDOM, 20, 100),
    forger=(*SELDOM, 20, 100),
    odd=(0, 0, 0, 300),
)

MIXES: Final[dict[str, Mix]] = {
    "calm": Mix(people=(20,)),
    "loss": Mix(drop=(20, 100, 300)),
    "duplicate": Mix(duplicate=(50, 300), reorder=(False, True), lag=(200, 50_000)),
    "delay": Mix(lag=(200, 1_000_000), slow=(50, 200), mean_delay=(20_000, 300_000, 3_000_000), reorder=(False, True)),
    "partition": Mix(partition=(60, 60, 600), reset=(0, 20, 100), think=(8, 40)),
    "crash": Mix(
        crash=(2, 20), restart=(5, 5, 120), silent=(0, 300), skew_seconds=(0, 5, 3600), lag=(200, 200, 500_000)
    ),
    "disk": Mix(disk=(2, 20), crash=(0, 2)),
    "lost-terminal": Mix(
        lost=(True,), replaced=(False, True), drop=(0, 20, 100), crash=(0, 2), away_hours=(*NOT_AWAY, 30, 50)
    ),
    "garbled": Mix(corrupt=(20, 100, 300), crash=(0, 0, 2)),
    "peers": Mix(
        hasty=(0, 50, 200), stray=(0, 50, 200), stubborn=(0, 500, 950), mean_delay=(20_000, 300_000), think=(8, 40)
    ),
    "forged": Mix(forged=(50, 300), drop=(0, 100)),
    "copies": Mix(
        each=(True,),
        duplicate=(100, 300, 600),
        corrupt=(50, 200),
        aimed=(500, 900),
        drop=(0, 20, 100),
        slow=(0, 20, 100),
        reorder=(False, True),
        reset=(0, 0, 20),
        stale=(0, 500),
        lag=(200, 200, 50_000, 500_000),
        mean_delay=(20_000, 20_000, 300_000),
    ),
    "relay": Mix(
        relay=(20, 100, 300),
        night_hours=(0, 3, 10),
        wrap=(False, False, True),
        lost=(False, False, False, True),
        replaced=(True,),
        crash=(0, 0, 2),
        drop=(0, 0, 20),
        lag=(200, 50_000),
    ),
    "closer": Mix(closer=(20, 100, 300), drop=(0, 0, 50), slow=(0, 0, 50), stale=(0, 0, 500), think=(8, 40)),
    "forger": Mix(
        forger=(20, 100, 300), forged=(0, 0, 50), relay=(0, 0, 20), wrap=(False, False, True), lag=(200, 50_000)
    ),
    "customers": Mix(odd=(300, 700), people=(20, 100), drop=(0, 0, 0, 20), begin=(0, *MIDNIGHTS)),
    "restored": Mix(
        restored=("switch", "issuer", "terminal"),
        drop=(0, 0, 20, 100),
        crash=(0, 0, 2),
        mean_delay=(20_000, 20_000, 300_000),
        people=(20, 100),
        lag=(200, 200, 50_000),
        wrap=(False, False, True),
    ),
    "swarm": SWARM,
    "kinds": Mix(
        kinds=(700,),
        life_seconds=(0, 0, 60, 180),
        drop=(0, 0, 20, 100),
        duplicate=(0, 0, 50, 200),
        slow=(0, 0, 50),
        corrupt=(0, 0, 0, 20),
        crash=(0, 0, 2, 10),
        silent=(0, 300),
        reset=(0, 0, 20),
        disk=(0, 0, 0, 5),
        people=(20, 100, 300),
        lag=(200, 200, 50_000, 500_000),
        mean_delay=(20_000, 20_000, 300_000),
        reorder=(False, False, True),
        begin=(0, *MIDNIGHTS),
        wrap=(False, False, True),
        partition=(0, 0, 0, 60),
        lost=(*NO_MACHINE, True),
        replaced=(False, True),
        each=(False, False, True),
        aimed=(0, 0, 500),
        night_hours=(*SELDOM, 1),
        odd=(0, 0, 0, 200),
    ),
}


def draw(mix: Mix, rng: random.Random, pairs: list[tuple[str, str]], span: Instant, *, rush: bool = False) -> Faults:
    """The faults of one world: one choice per kind, and partitions between some of `pairs` within `span`.

    `span` is meant for the usual pace of customers and grows when they come more slowly; in a `rush` they do not.
    """
    cuts: list[Cut] = []
    think, partition = rng.choice(mix.think), rng.choice(mix.partition)
    if rush:
        think = RUSH_THINK
    else:
        span = span * think // 8
    if partition:
        for _ in range(rng.randint(1, 3)):
            a, b = rng.choice(pairs)
            start = rng.randrange(span)
            end = start + int(rng.expovariate(1 / partition) * SECOND)
            ways = rng.choice((((a, b),), ((b, a),), ((a, b), (b, a))))
            cuts += [Cut(source, target, start, end) for source, target in ways]
    lost = rng.randrange(span // 4, span) if rng.choice(mix.lost) else 0
    drawn = Faults(
        drop=rng.choice(mix.drop),
        duplicate=rng.choice(mix.duplicate),
        slow=rng.choice(mix.slow),
        corrupt=rng.choice(mix.corrupt),
        crash=rng.choice(mix.crash),
        silent=rng.choice(mix.silent),
        disk=rng.choice(mix.disk),
        people=rng.choice(mix.people),
        think=think,
        restart=rng.choice(mix.restart),
        lag=rng.choice(mix.lag),
        mean_delay=rng.choice(mix.mean_delay),
        reorder=rng.choice(mix.reorder),
        skew=rng.choice(mix.skew_seconds) * SECOND,
        begin=rng.choice(mix.begin),
        wrap=rng.choice(mix.wrap),
        lost=lost,
        replaced=rng.randrange(SECOND, span // 4) if lost and rng.choice(mix.replaced) else 0,
        hasty=rng.choice(mix.hasty),
        stray=rng.choice(mix.stray),
        stubborn=rng.choice(mix.stubborn),
        reset=rng.choice(mix.reset),
        forged=rng.choice(mix.forged),
        cuts=tuple(cuts),
    )
    drawn = _later(drawn, mix, rng, span)
    if rush:
        drawn = msgspec.structs.replace(drawn, lag=rng.choice(RUSH_LAGS))
    drawn = _put_back(drawn, mix, rng, span)
    return msgspec.structs.replace(drawn, kinds=rng.choice(mix.kinds), life=rng.choice(mix.life_seconds) * SECOND)


def _later(drawn: Faults, mix: Mix, rng: random.Random, span: Instant) -> Faults:
    """What is drawn after all the rest: what worlds were before there was this stays what it was."""
    hours = rng.choice(mix.away_hours)
    if hours:
        drawn = msgspec.structs.replace(drawn, off=rng.randrange(span // 4, span), away=hours * 60 * MINUTE)
    return msgspec.structs.replace(
        drawn,
        each=rng.choice(mix.each),
        aimed=rng.choice(mix.aimed),
        stale=rng.choice(mix.stale),
        relay=rng.choice(mix.relay),
        closer=rng.choice(mix.closer),
        forger=rng.choice(mix.forger),
        night=rng.choice(mix.night_hours) * 60 * MINUTE,
        odd=rng.choice(mix.odd),
    )


def _put_back(drawn: Faults, mix: Mix, rng: random.Random, span: Instant) -> Faults:
    """When a copy of a store is made, when it is put back, and when somebody ends what that has brought about."""
    restored = rng.choice(mix.restored)
    if not restored:
        return drawn
    copied = rng.randrange(span // 20, span // 3)
    stopped = copied + rng.randrange(span // 40, span // 3)
    return msgspec.structs.replace(
        drawn, restored=restored, copied=copied, stopped=stopped, ended=rng.randrange(span // 20, span // 3)
    )
