"""Receipts: shown as text or picture, printed again, and what a person says became of one."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response

from counterfoil.console.api.desk import REF, Desk, Does, Key, acts, only
from counterfoil.console.api.problem import Problem
from counterfoil.console.api.shapes import CloseIn, CopyIn, GoodsIn
from counterfoil.console.people import May
from counterfoil.inquiry.papers import NoPaper, paper
from counterfoil.receipts.render import svg, text
from counterfoil.step import SECOND_PRINTER
from counterfoil.words import Text

router: Final = APIRouter()
SECONDS: Final = 60.0
MEDIA: Final = {"text": "text/plain; charset=utf-8", "svg": "image/svg+xml"}
SHOWN: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}}, "image/svg+xml": {"schema": {"type": "string"}}}}
}
Paper = Literal["cardholder", "merchant", "bank", "not-charged", "explanation", "declaration"]


def papers(*more: int) -> dict[str, Any]:
    """What the route of a paper says of itself."""
    said = only(May.LOOK, 404, 409, *more)
    return {**said, "responses": {**said["responses"], **SHOWN}}


@router.get(REF + "/receipt", response_class=Response, **papers())
async def show_receipt(
    desk: Desk,
    key: Key,
    copy: Paper = "cardholder",
    form: Annotated[Literal["text", "svg"], Query(alias="as")] = "text",
    lang: Literal["en", "zh"] = "en",
    width: Literal["32", "42", "48"] = "32",
) -> Response:
    """A paper about a payment. One that would say what the stores do not is refused (404)."""
    try:
        document = await desk.read(lambda stores: paper(stores, key, copy, desk.reach.now(), desk.reach.seal))
    except NoPaper as error:
        status = 503 if error.code == "unreadable" else 404
        raise Problem(status, error.code, Text(str(error), error.zh)) from None
    made = (svg if form == "svg" else text).render(document, lang, int(width))
    return Response(made, media_type=MEDIA[form])


@router.post(REF + "/receipt/print", **acts(May.SELL, 404, 409))
async def print_receipt(doer: Does, key: Key, wanted: CopyIn) -> dict[str, Any]:
    """Print again: the ORIGINAL when it is proven that none came out, else a DUPLICATE. 202: not out, or not known."""
    args = {"ref": str(key), "copy": wanted.copy_} | ({"printer": SECOND_PRINTER} if wanted.printer == "second" else {})
    deed = doer.begin("receipt printed again", str(key), wanted.copy_)
    return await doer.has(deed, "terminal", "receipt", args, SECONDS)


@router.post(REF + "/receipt/close", **acts(May.SELL, 404, 409))
async def close_receipt(doer: Does, key: Key, wanted: CloseIn) -> dict[str, Any]:
    """Say what became of a receipt that no printer can vouch for. 202: a copy that was meant is still open."""
    args = {"ref": str(key), "how": wanted.how, "operator": doer.name}
    args |= {"copy": wanted.copy_} if wanted.copy_ else {}
    deed = doer.begin("receipt closed", str(key), wanted.how)
    return await doer.has(deed, "terminal", "close_receipt", args, SECONDS)


@router.post(REF + "/goods", **acts(May.SELL, 404, 409))
async def answer_goods(doer: Does, key: Key, wanted: GoodsIn) -> dict[str, Any]:
    """After a restart: were the goods handed over (202: receipt not out, or not known), or kept: charge returned?"""
    deed = doer.begin(f"goods {wanted.answer}", str(key))
    return await doer.has(deed, "terminal", "goods", {"ref": str(key), "answer": wanted.answer}, SECONDS)
