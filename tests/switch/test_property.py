"""Any order of messages, timers and restarts: every attempt only ever moves as its lifecycle table says."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.iso8583 import Message, responses
from counterfoil.step import SECOND, Closed, Connected, Send
from counterfoil.switch import pending
from counterfoil.switch.lifecycle import REQUEST, State
from switch.scene import TIMER, Scene, scene

SALES = 3
ACTIONS = (
    "ask",
    "ask other",
    "reverse",
    "reverse other",
    "yes",
    "no",
    "forged yes",
    "acknowledge",
    "refuse",
    "not sent",
    "down",
    "up",
    "wait",
    "long wait",
    "sign on",
    "restart",
)
STEPS = st.lists(
    st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, SALES - 1)), min_size=1, max_size=4), max_size=12
)
ONE_MOVE = {state: {state, *REQUEST[state].values()} for state in State}


class Play:
    """One run: the sales that may be asked, and what the world saw of each."""

    def __init__(self) -> None:
        self.scene = scene()
        self.sales = [self.scene.purchase(100 + number) for number in range(SALES)]
        self.states: dict[str, State] = {}
        self.told_yes: set[str] = set()

    def items(self, action: str, sale: Message) -> list[Any]:
        made = self.scene
        requests = {m.de4: m for m in map(made.read, made.to_issuers()) if m.mti == "0200"}
        advices = {m.de4: m for m in made.advices()}
        request, advice = requests.get(sale.de4), advices.get(sale.de4)
        answers: dict[str, list[Any]] = {
            "ask": [made.frame(sale)],
            "ask other": [made.frame(sale.copy(de22="051"))],
            "reverse": [made.frame(made.reversal(sale))],
            "reverse other": [made.frame(made.reversal(sale, de4="000000009999"))],
            "down": [Closed("issuer-a", "")],
            "up": [Connected("issuer-a", "")],
            "not sent": made.not_sent()[-2:],
        }
        if request is not None:
            answers["yes"] = [made.reply(request, "00")]
            answers["no"] = [made.reply(request, "51")]
            answers["forged yes"] = [made.reply(request, "00", spoil=True)]
        if advice is not None:
            answers["acknowledge"] = [made.reply(advice, "00")]
            answers["refuse"] = [made.reply(advice, "96")]
        return answers.get(action, [])

    def take(self, actions: list[tuple[str, int]]) -> None:
        made = self.scene
        names = [action for action, _ in actions]
        if "restart" in names:
            sent = made.sent
            self.scene = made = made.restarted()
            made.sent = sent
        arrived = [item for action, number in actions for item in self.items(action, self.sales[number])]
        after = 200 * SECOND if "long wait" in names else TIMER // 2 if "wait" in names else 0
        out = made.step(*arrived, after=after)
        for item in out:
            if isinstance(item, Send) and item.link == "terminals":
                answer = made.heard(item)
                if answer.mti == "0210" and responses.is_approval(answer.de39):
                    self.told_yes.add(answer.de11 or "")
                    assert made.state(answer) == State.APPROVED  # a yes is said of a stored yes only
        if "sign on" in names:
            made.now += 10 * SECOND
            made.sign_on(stan="999999")
        self.check()

    def check(self) -> None:
        made = self.scene
        rows = made.store.query("SELECT terminal || batch || stan, state, stan FROM attempt")
        for key, text, _ in rows:
            state, before = State(text), self.states.get(key)
            if before is not None and state is not before:
                assert reachable(before, state), (before, state)
            self.states[key] = state
        owed = {found.rrn for found in pending(made.store)}
        reversing = {rrn for (rrn,) in made.store.query("SELECT rrn FROM attempt WHERE state = 'reversing'")}
        assert owed == reversing


def reachable(before: State, after: State) -> bool:
    """Whether the table leads from one state to the other; one step may take several moves."""
    seen, todo = {before}, [before]
    while todo:
        for state in ONE_MOVE[todo.pop()] - seen:
            seen.add(state)
            todo.append(state)
    return after in seen


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_every_attempt_walks_its_table_and_a_reversal_is_owed_exactly_while_reversing(
    steps: list[list[tuple[str, int]]],
) -> None:
    play = Play()
    for actions in steps:
        play.take(actions)
    settle(play.scene)
    play.check()
    assert play.scene.at_rest()
    for key, state in play.states.items():
        assert state not in (State.ASKED, State.REVERSING), key
    play.scene.store.close()


def settle(made: Scene) -> None:
    """All links up, every timer run: nothing stays open."""
    made.step(Connected("issuer-a", ""))
    for _ in range(8):
        made.step(after=TIMER)
        made.acknowledge()
