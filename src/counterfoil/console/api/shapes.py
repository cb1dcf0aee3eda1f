"""What goes into the API and what comes out: amounts in integer minor units, instants in RFC 3339 UTC."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StrictBool, StrictInt
from pydantic_core import PydanticKnownError

from counterfoil.console.api.problem import Both
from counterfoil.kinds import BY_NAME, PURCHASE
from counterfoil.money import MAX_MINOR
from counterfoil.security import EXPIRY

REF = r"^[!-.0-~]{1,8}/[0-9]{6}/[0-9]{6}$"
Reason = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class In(BaseModel):
    """A request body: no field it does not know, no value of another type."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class NamedCard(In):
    """A demo card by its name; `pin` "" is nothing typed."""

    name: str = Field(min_length=1, max_length=40, examples=["carol"])
    pin: SecretStr = Field(SecretStr(""), max_length=12)


def _month(expiry: SecretStr) -> SecretStr:
    if not EXPIRY.fullmatch(expiry.get_secret_value()):
        raise ValueError("not YYMM")
    return expiry


class NumberedCard(In):
    """The number of a demo card and its expiry, YYMM, typed by hand: no stripe comes with it."""

    number: SecretStr = Field(min_length=13, max_length=19)
    expiry: Annotated[SecretStr, AfterValidator(_month)] = Field(json_schema_extra={"pattern": f"^{EXPIRY.pattern}$"})
    pin: SecretStr = Field(SecretStr(""), max_length=12)


def _kind(name: str) -> str:
    if name not in BY_NAME:
        raise PydanticKnownError("literal_error", {"expected": " or ".join(map(repr, BY_NAME))})
    return name


class SaleIn(In):
    """A transaction at a terminal, which refuses what its kind does not take (docs/kinds.md).

    `retry_of` is the attempt it replaces: if both turn out paid, one is returned.
    """

    terminal: str = Field(pattern=r"^[!-.0-~]{1,8}$", examples=["T0000001"])
    kind: Annotated[str, AfterValidator(_kind)] = Field(PURCHASE.name, json_schema_extra={"enum": list(BY_NAME)})
    amount: Annotated[StrictInt, Field(gt=0, le=MAX_MINOR)] | None = Field(
        None, description="Minor units (fen, cents); absent: none, or all of the original's.", examples=[1250]
    )
    currency: str | None = Field(
        None, pattern=r"^[A-Z]{3}$", description="ISO 4217; absent: the original's, CNY without one."
    )
    card: NamedCard | NumberedCard
    retry_of: str | None = Field(None, pattern=REF)
    original: str | None = Field(None, pattern=REF, description="The transaction this one refers to.")
    supervisor: SecretStr = Field(SecretStr(""), max_length=64, description="The password of the shop's supervisor.")
    print_: StrictBool = Field(False, alias="print", description="Also on paper, where only a request prints it.")


class CopyIn(In):
    """Whose copy of a receipt."""

    copy_: Literal["cardholder", "merchant", "bank", "missing"] = Field(
        "cardholder", alias="copy", description="missing: each of the first two that is in nobody's hand."
    )
    printer: Literal["first", "second"] = Field("first", description="Of the two printers of the terminal.")


class CloseIn(In):
    """What a person says became of a receipt: seen with own eyes, sent as e-receipt, not wanted."""

    how: Literal["attested", "e_delivered", "declined"]
    copy_: Literal["cardholder", "merchant", "bank"] | None = Field(
        None, alias="copy", description="The first two when absent."
    )


class GoodsIn(In):
    """After a restart: were the goods of the open sale handed over, or kept (then the charge is returned)?"""

    answer: Literal["handed_over", "kept"]


class ReasonIn(In):
    """Why; it goes into the audit log."""

    reason: Reason


class ProposalIn(ReasonIn):
    """A decision to ask for; another person must approve it."""

    action: Literal["escalate"]
    ref: str = Field(pattern=REF, examples=["T0000001/000001/000001"])


class FaultIn(In):
    """A fault on a leg, as `counterfoil fault set` has it."""

    leg: Annotated[StrictInt, Field(ge=1, le=4)]
    kind: Literal["drop", "delay", "duplicate", "corrupt", "close", "hang", "refuse"]
    times: Annotated[StrictInt, Field(ge=1, le=1_000_000)] | None = None
    seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] | None = None
    mti: str | None = Field(None, pattern=r"^[0-9]{4}$")


class PauseIn(In):
    """How long a station's process stands still."""

    seconds: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 5


# --- answers ----------------------------------------------------------------------------------------------------------


class Stopped(BaseModel):
    """Where the loop stopped: a leg of docs/loop.md, or None when a station itself said no."""

    leg: int | None
    hop: str
    what: Both


class Held(BaseModel):
    """Money that is somewhere now: who holds it, whose it is."""

    holder: str
    owner: str
    amount: int
    currency: str
    what: Both


class Following(BaseModel):
    """What happens next, who owns it, and by when (RFC 3339; None: no clock runs)."""

    action: Both
    owner: str
    by: str | None


class Case(BaseModel):
    """What a station left to a person. `ended_at` is None while it is open; `how` says what ended it."""

    number: str
    what: str
    owner: str
    at: str
    detail: str
    ended_at: str | None
    how: str


class StationCase(Case):
    """A case of a station. `ref`: TERMINAL/BATCH/STAN, or DE32/DE7/DE11 where only an issuer knows of it."""

    station: str
    ref: str


class Positions(BaseModel):
    """What each station held when it was seen last: state and code, "-" nothing, "?" not readable, "not ours"."""

    terminal: str
    switch: str
    issuer: str


class Contradiction(BaseModel):
    """Stations that contradict one another about one payment. It ends by itself when they agree again."""

    number: str
    kind: str
    sentence: Both
    detail: str
    positions: Positions
    ref: str
    rrn: str
    issuer: str
    request: str
    terminal: str
    merchant: str
    amount: int
    currency: str
    last4: str
    started_at: str
    first_seen: str
    last_seen: str
    ended_at: str | None
    how: str


class Compared(BaseModel):
    """A pass of the comparison. `stage` is "" when it is over; `unread` are stations whose store could not be read."""

    number: int
    whole: bool
    stage: str
    begun_at: str
    ended_at: str | None
    compared: int
    opened: int
    ended: int
    unread: list[str]


class Cases(BaseModel):
    """Cases and contradictions. `open` counts all open contradictions, of which at most 200 are listed."""

    cases: list[StationCase]
    contradictions: list[Contradiction]
    open: int
    last: Compared | None
    last_whole: Compared | None


class Brief(BaseModel):
    """A payment in a list. `ref` is "" when only an issuer knows of it, by its name and `request`: DE32/DE7/DE11."""

    ref: str
    rrn: str
    terminal: str
    merchant: str
    amount: int
    currency: str
    last4: str
    started_at: str
    issuer: str = ""
    request: str = ""


class Opposed(BaseModel):
    """A transaction against this one: its kind, its reference, and the minor units it takes. `settled`: every station
    that is there says that it stands.
    """

    kind: str
    name: str
    amount: int
    settled: bool


class Payment(Brief):
    """The whole answer to "where is the money". `sentence` is for the customer, `cashier` for whoever serves.

    `kind` is the name of a kind of transaction, `word` what its verdict is called, `original` the reference
    of the transaction it refers to, `against` what stands against it (a void, a completion).
    `evidence`: each station's stub, masked, or why there is none.
    """

    verdict: str
    word: Both
    kind: str
    original: str
    against: list[Opposed]
    sentence: Both
    cashier: Both
    stopped_at: Stopped | None
    money: list[Held]
    next: Following
    cases: list[Case]
    evidence: dict[str, Any]


class CardBalance(BaseModel):
    """A balance of the card as its issuer told it, "ledger" or "available", in minor units; below zero is owed."""

    type: str
    currency: str
    amount: int


class Sold(BaseModel):
    """What became of a transaction. `outcome` is the terminal's word, `payment` the verdict of all stations; `sentence`
    is for the customer, `cashier` for whoever serves. `original` is "" where the kind refers to none.

    `ref` is "" and `payment` None when the terminal could not say which attempt it was: ask again with the same key.
    `retry_of` is the attempt it replaces: the one it named, or the one under the same key that was never sent.
    """

    outcome: Literal["approved", "declined", "unknown", "not_sent"]
    kind: str
    original: str
    balances: list[CardBalance]
    key: str
    ref: str
    retry_of: str = ""
    response_code: str
    sentence: Both
    cashier: Both
    display: list[Both]
    payment: Payment | None


class Page(BaseModel):
    """Some payments, newest first; `next` is the cursor of the following page, None on the last."""

    payments: list[Brief]
    next: str | None


class OpenItemOut(BaseModel):
    """A payment that is not at rest, since when (seconds), and who must act."""

    payment: Payment
    age_seconds: int


class OpenItems(BaseModel):
    """Everything that is not at rest, the oldest first."""

    items: list[OpenItemOut]


class Done(BaseModel):
    """What a station did. `outcome` is about this very request: "not_done" when it is certain that not all of it came
    about, "unknown" when nobody knows; `sentence` says why, and what happens next.
    """

    outcome: Literal["done", "not_done", "unknown"]
    sentence: Both | None
    reply: dict[str, Any]


class TerminalOut(BaseModel):
    """A terminal; `live` is what it is doing, None while the terminals' process is away."""

    terminal: str
    merchant: str
    live: dict[str, Any] | None


class Terminals(BaseModel):
    """All terminals registered here."""

    terminals: list[TerminalOut]


class Account(BaseModel):
    """An issuer's account: its balance, and what of it is held, in minor units."""

    issuer: str
    id: str
    kind: str
    currency: str
    balance: int
    held: int


class Books(BaseModel):
    """The issuers' accounts; `sum` per currency is zero. `violations` are broken invariants, asked for with audit."""

    accounts: list[Account]
    sum: dict[str, int]
    violations: list[str] = []


class Me(BaseModel):
    """Who asks. `csrf` goes into X-CSRF-Token when a session changes something."""

    name: str
    role: str
    program: bool
    csrf: str


class Decision(BaseModel):
    """A request for what a second person must approve."""

    number: int
    action: str
    ref: str
    reason: str
    state: Literal["asked", "refused", "approved", "done", "failed", "not_sent", "unknown"]
    asked_by: str
    asked_at: str
    decided_by: str
    decided_at: str | None
    answer: dict[str, Any]


class Decisions(BaseModel):
    """What waits for a second person."""

    decisions: list[Decision]


class Card(BaseModel):
    """The card of a payment as far as anybody may see it here: the first six digits and the last four."""

    ref: str
    card: str


class FaultsOut(BaseModel):
    """What is broken on purpose, and how stations and links are."""

    faults: list[dict[str, Any]]
    links: dict[str, bool]
    stations: dict[str, dict[str, Any]]
