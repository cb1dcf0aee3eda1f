"""Receipts from the card to the paper, through the real processes and two printers: one ORIGINAL, whatever dies."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from cli.calling import said
from counterfoil.cli.failure import Exit
from counterfoil.stack.config import TOML
from loop.running import Running, Said, stack
from printers.fake import Habits, Printer
from printers.server import Server

pytestmark = pytest.mark.usefixtures("font")

MODEL = "epson-tm-t20iii"


class Shop:
    """A stack with two printers; each test has terminals of its own."""

    def __init__(self, running: Running, first: Server, second: Server) -> None:
        self.running = running
        self.first = first
        self.second = second

    def paper(self, server: Server) -> list[str]:
        with server.lock:
            return list(server.printer.paper)

    def originals(self, ref: str, copy: str = "CARDHOLDER") -> int:
        """Whole ORIGINALs of a copy of one sale, on all paper."""
        slips = [*self.slips(self.first), *self.slips(self.second)]
        stan = ref.rpartition("/")[2]
        terminal = ref.partition("/")[0]
        mine = [slip for slip in slips if f"{copy} COPY" in slip and terminal in slip and stan in slip]
        return sum(bool(re.search(r"^ *ORIGINAL$", slip, re.MULTILINE)) for slip in mine)

    def slips(self, server: Server) -> list[str]:
        """What came out between two cuts."""
        return re.split(r"^-- cut --$", "\n".join(self.paper(server)), flags=re.MULTILINE)

    def will_happen(self, lines: int, trouble: str) -> None:
        """After so many more lines on the first printer."""
        with self.first.lock:
            self.first.printer.plan.append((self.first.printer.printed + lines, trouble))

    def copies(self, ref: str) -> dict[str, str]:
        found = self.running.ask("receipt", "open").json["receipts"]
        return next((dict(one["copies"]) for one in found if one["ref"] == ref), {})

    def until(self, true: Callable[[], bool]) -> None:
        self.running.until(true, 30)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    data = tmp_path_factory.mktemp("shop") / "data"
    data.mkdir()
    with Server(Printer(Habits(line_time=200))) as first, Server(Printer(Habits(line_time=200))) as second:
        addresses = [f"tcp://127.0.0.1:{server.port}?profile={MODEL}" for server in (first, second)]
        (data / TOML).write_text(f'printer = "{addresses[0]}"\nprinter2 = "{addresses[1]}"\nlanguage = "en"\n')
        with stack(data, "1,2,6") as running:
            yield Shop(running, first, second)


@pytest.fixture(autouse=True)
def mended(shop: Shop) -> Iterator[None]:
    """The printers of the next test are well."""
    yield
    for server in (shop.first, shop.second):
        for trouble in ("paper_out", "cover"):
            server.mend(trouble)


def got(address: str, method: str = "GET") -> bytes:
    """What a telephone is shown: private, whatever it is."""
    with urllib.request.urlopen(urllib.request.Request(address, method=method), timeout=10) as page:
        assert page.headers["Referrer-Policy"] == "no-referrer"
        return bytes(page.read())


def sold(answer: Said) -> dict[str, Any]:
    assert answer.json["outcome"] == "approved", answer
    return dict(answer.json)


def test_a_sale_comes_out_once_as_original_and_then_as_duplicate(shop: Shop, tmp_path: Path) -> None:
    ref = sold(shop.running.sell("T0000001"))["ref"]
    assert shop.running.why(ref)["verdict"] == "PAID"
    assert (shop.originals(ref), shop.originals(ref, "MERCHANT")) == (1, 1)
    again = shop.running.ask("receipt", "reprint", "last", "--terminal", "T0000001")
    assert (again.status, again.json["copies"]["cardholder"]) == (0, "printed")
    assert shop.originals(ref) == 1
    assert "****DUPLICATE 1****" in shop.slips(shop.first)[-2]
    out = tmp_path / "receipt.txt"
    assert shop.running.ask("receipt", "show", ref, "--out", str(out)).status == 0
    assert "ORIGINAL" not in out.read_text(), "only paper is the original"
    assert shop.running.ask("receipt", "verify", str(out)).json["genuine"] is True


def test_a_copy_that_did_not_come_out_is_not_called_printed_and_uses_up_no_number(shop: Shop) -> None:
    ref = sold(shop.running.sell("T0000014"))["ref"]
    for copy in ("cardholder", "merchant"):
        failed = shop.running.ask("receipt", "reprint", ref, "--copy", copy, "--printer", "tcp://127.0.0.1:1")
        told = failed.json["prints"][copy]
        assert (failed.status, told["state"], told["trouble"]) == (Exit.UNKNOWN, "queued", "refused")
        assert "refuses the connection" in failed.json["sentence"]["en"]
        assert "打印机拒绝连接" in failed.json["sentence"]["zh"]
    assert shop.running.ask("receipt", "reprint", ref).status == Exit.OK
    assert "****DUPLICATE 1****" in shop.slips(shop.first)[-2]
    paper = shop.running.ask("receipt", "print", ref, "--copy", "explanation", "--printer", "tcp://127.0.0.1:1")
    assert (paper.status, paper.json["state"], paper.json["error"]) == (Exit.UNKNOWN, "queued", "refused")


def test_paper_out_before_the_print_and_it_comes_out_of_the_second_printer(shop: Shop) -> None:
    shop.first.set("paper_out")
    ref = sold(shop.running.sell("T0000002"))["ref"]
    assert shop.running.why(ref)["verdict"] == "PAID"
    assert shop.originals(ref) == 1
    trail = [line["what"] for line in shop.running.why(ref)["evidence"]["terminal"]["history"]]
    assert "cardholder copy goes to the second printer: paper_out" in trail


def test_paper_out_in_the_middle_and_the_terminal_killed_and_the_reprint_is_a_duplicate(shop: Shop) -> None:
    shop.second.set("cover")
    shop.will_happen(6, "paper_out")
    running = shop.running
    with running.begin(*running.sale_words("T0000003")) as sale:
        shop.until(lambda: any("held" in one for one in held(shop, "T0000003")))
        status = running.ask("printer", "status")
        advice = status.json["advice"]["en"]
        assert "Load a new paper roll" in advice, "it told our terminal, which has the only connection"
        assert "Do not switch the printer off" in advice
        assert running.ask("printer", "diagnose", "--terminal", "T0000003").json["cause"] == "paper_out"
        running.kill("terminal")
        shop.first.mend("paper_out")
        shop.second.mend("cover")
        ref = _json(sale)["ref"]
    shop.until(lambda: running.ask("terminal", "status", "T0000003").json["terminals"][0]["phase"] == "open_sale")
    refused = running.ask("receipt", "reprint", ref)
    assert refused.status == 1, "what became of the goods comes first"
    assert running.ask("terminal", "goods", ref, "handed-over").json["receipt_state"] == "printed"
    assert running.why(ref)["verdict"] == "PAID"
    assert shop.originals(ref, "MERCHANT") <= 1
    assert shop.originals(ref) <= 1
    assert "****DUPLICATE" in "\n".join(shop.paper(shop.first))


def test_a_receipt_held_up_for_longer_than_the_till_waits_is_still_not_to_be_switched_off(shop: Shop) -> None:
    shop.will_happen(6, "cover")
    sale = sold(shop.running.sell("T0000014"))
    assert sale["copies"]["merchant"] == "unknown", "the till waits no longer"
    for words in (("printer", "status"), ("printer", "test")):
        told = shop.running.ask(*words).json
        text = (told.get("advice") or told["message"])["en"]
        assert "Close the printer's lid" in text
        assert "Do not switch the printer off" in text
        assert sale["ref"] in text
    told = shop.running.ask("printer", "diagnose", sale["ref"]).json
    assert (told["cause"], told["service"]) == ("cover_open", False)
    assert "Do not switch it off" in told["advice"]["en"]
    shop.first.mend("cover")
    shop.until(lambda: shop.running.why(sale["ref"])["verdict"] == "PAID")
    assert (shop.originals(sale["ref"]), shop.originals(sale["ref"], "MERCHANT")) == (1, 1)
    assert shop.running.ask("printer", "status").json["ready"] is True


def held(shop: Shop, terminal: str) -> list[str]:
    """What the trail of a terminal's last sale says."""
    told = shop.running.ask("terminal", "last", terminal)
    if told.status:
        return []
    found = shop.running.ask("why", told.json["ref"])
    if found.status:
        return []
    stub = found.json["evidence"]["terminal"]
    return [line["what"] for line in stub["history"]] if isinstance(stub, dict) else []


def _json(process: Any) -> dict[str, Any]:
    out, _ = process.communicate(timeout=60)
    return dict(json.loads(out))


def test_no_printer_and_the_customer_takes_the_e_receipt_and_says_so(shop: Shop) -> None:
    shop.first.set("paper_out")
    shop.second.set("cover")
    ref = sold(shop.running.sell("T0000004"))["ref"]
    assert shop.copies(ref)["cardholder"] == "queued"
    assert shop.running.ask("receipt", "open").status == 7
    address = shop.running.ask("receipt", "link", "last", "--terminal", "T0000004").json["address"]
    html = got(address).decode()
    assert "E-RECEIPT" in html
    assert "ORIGINAL" not in html
    assert "12.50" in got(f"{address}?as=text&lang=zh").decode()
    assert "This receipt is yours now" in got(address, "POST").decode()
    assert shop.copies(ref)["cardholder"] == "e_delivered"
    shop.first.mend("paper_out")
    assert shop.running.ask("receipt", "reprint", ref).status == 0
    assert shop.originals(ref) == 0, "paper after an e-receipt is a duplicate"
    assert shop.running.ask("receipt", "reprint", ref, "--copy", "merchant").status == 0
    assert shop.originals(ref, "MERCHANT") == 1
    assert shop.copies(ref) == {}
    with pytest.raises(urllib.error.HTTPError) as error:
        got(address[:-1])
    error.value.close()
    assert error.value.code == 404


def test_a_saved_e_receipt_is_verified_offline_and_an_altered_one_is_not(shop: Shop, tmp_path: Path) -> None:
    sold(shop.running.sell("T0000005"))
    address = shop.running.ask("receipt", "link", "last", "--terminal", "T0000005").json["address"]
    key = tmp_path / "shop.pem"
    key.write_bytes(got(f"{address.rpartition('/')[0]}/key.pem"))
    for form in ("", "?as=svg", "?as=text"):
        saved = tmp_path / "saved"
        saved.write_bytes(got(address + form))
        answer = shop.running.ask("receipt", "verify", str(saved), "--key", str(key))
        assert (answer.status, answer.json["compared"]) == (0, True)
        saved.write_text(saved.read_text("utf-8").replace("12.50", "92.50"), "utf-8")
        assert shop.running.ask("receipt", "verify", str(saved), "--key", str(key)).status == 1


def test_the_qr_code_leads_to_the_e_receipt(shop: Shop, tmp_path: Path) -> None:
    ref = sold(shop.running.sell("T0000012"))["ref"]
    picture = tmp_path / "qr.png"
    address = shop.running.ask("receipt", "link", ref, "--png", str(picture)).json["address"]
    with Image.open(picture) as image:
        (code,) = zxingcpp.read_barcodes(image.convert("L"))
    assert code.text == address
    assert shop.running.tell("receipt", "link", ref).rstrip().endswith(address)


def test_the_list_of_open_receipts_says_what_to_do_about_each(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.first.set("paper_out")
    shop.second.set("paper_out")
    ref = sold(shop.running.sell("T0000013"))["ref"]
    words = ["receipt", "open", "--terminal", "T0000013", "--data", str(shop.running.data)]
    told = {lang: said(capsys, *words, "--lang", lang) for lang in ("en", "zh")}
    assert {answer.status for answer in told.values()} == {Exit.BREAKS}
    assert "cardholder copy: not printed  Load a new paper roll and close the lid" in told["en"].out
    assert "请更换纸卷并合盖" in told["zh"].out
    assert shop.running.ask("receipt", "close", ref, "--as", "declined").status == 0
    assert said(capsys, *words, "--lang", "en").out == "Nothing is open.\n"


def test_a_receipt_by_sms_lies_in_the_folder_and_stays_open_until_somebody_says_so(shop: Shop) -> None:
    shop.first.set("cover")
    shop.second.set("cover")
    ref = sold(shop.running.sell("T0000006"))["ref"]
    assert shop.running.ask("receipt", "send", ref, "--sms", "+8613800000000").json["sent"] is True
    texts = [path.read_text() for path in (shop.running.data / "sms").glob("T0000006-*.txt")]
    assert len(texts) == 1
    assert "/r/T0000006-" in texts[0]
    assert shop.copies(ref)["cardholder"] == "queued"
    closed = shop.running.ask("receipt", "close", ref, "--as", "e-delivered")
    assert (closed.status, shop.copies(ref)) == (0, {})


def test_the_e_receipt_of_a_sale_that_was_given_back_says_where_the_money_is(shop: Shop) -> None:
    shop.second.set("cover")
    shop.will_happen(6, "paper_out")
    running = shop.running
    with running.begin(*running.sale_words("T0000011", "78.90")) as sale:
        shop.until(lambda: any("held" in one for one in held(shop, "T0000011")))
        address = running.ask("receipt", "link", "last", "--terminal", "T0000011").json["address"]
        assert "E-RECEIPT" in got(f"{address}?lang=en").decode()
        running.kill("terminal")
        ref = _json(sale)["ref"]
    shop.until(lambda: running.ask("terminal", "status", "T0000011").json["terminals"][0]["phase"] == "open_sale")
    assert running.ask("terminal", "goods", ref, "kept").status == 0
    assert running.at_rest(ref)["verdict"] == "RETURNED"
    html = got(f"{address}?lang=en").decode()
    assert "RETURNED" in html
    assert "78.90" in html
    assert "E-RECEIPT" not in html
    assert "I have this receipt" not in html


# --- papers that are no vouchers -------------------------------------------------------------------------------------


def shown(shop: Shop, ref: str, copy: str, *more: str) -> str:
    answer = shop.running.ask("receipt", "show", ref, "--copy", copy, *more)
    assert answer.status == 0, answer
    return str(answer.json["text"])


def test_every_paper_of_a_sale_that_stands_and_none_that_would_lie(shop: Shop, tmp_path: Path) -> None:
    ref = sold(shop.running.sell("T0000008", "45.60"))["ref"]
    for copy, words in (
        ("merchant", "CARDHOLDER SIGNATURE"),
        ("bank", "BANK COPY"),
        ("declaration", "I will not deny it to my bank"),
    ):
        text = " ".join(shown(shop, ref, copy).split())
        assert "45.60" in text
        assert words in text
    assert "已付款" in shown(shop, ref, "explanation", "--lang", "zh", "--width", "48")
    assert shown(shop, ref, "cardholder", "--as", "svg").startswith("<svg ")
    png = tmp_path / "receipt.png"
    assert shop.running.ask("receipt", "show", ref, "--as", "png", "--out", str(png)).status == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    for copy in ("not-charged", "reversal", "fault"):
        assert shop.running.ask("receipt", "show", ref, "--copy", copy).status == 5
    assert shop.running.ask("receipt", "print", ref, "--copy", "bank").json["copies"]["bank"] == "printed"
    assert (shop.originals(ref), shop.originals(ref, "BANK")) == (1, 1)
    listed = shop.running.ask("receipt", "list", "--terminal", "T0000008", "--print", "--lang", "en")
    assert listed.json["state"] == "printed"
    assert "TRANSACTION LIST" in shop.slips(shop.first)[-2]
    assert "45.60" in shop.slips(shop.first)[-2]


def test_a_declined_sale_gets_its_slip_that_says_so_and_diagnose_says_that_no_receipt_is_due(shop: Shop) -> None:
    answer = shop.running.sell("T0000009", "9999999.00")
    assert answer.json["outcome"] == "declined"
    ref = answer.json["ref"]
    assert shop.running.ask("receipt", "show", ref).status == 5
    assert shop.running.ask("receipt", "print", ref, "--copy", "not-charged", "--lang", "en").json["state"] == "printed"
    assert "Your card was not charged" in " ".join(shop.slips(shop.first)[-2].split())
    told = shop.running.ask("printer", "diagnose", ref)
    assert (told.json["cause"], told.json["steps"][0]["found"]) == ("no_sale", "NOT_CHARGED")


def test_diagnose_begins_with_the_money_and_ends_with_the_reprint_of_a_receipt_that_never_came_out(shop: Shop) -> None:
    shop.first.set("paper_out")
    shop.second.set("cover")
    ref = sold(shop.running.sell("T0000010"))["ref"]
    told = shop.running.ask("printer", "diagnose", "--terminal", "T0000010")
    assert (told.json["cause"], told.json["ref"]) == ("paper_out", ref)
    assert (told.json["steps"][0]["found"], told.json["steps"][1]["found"]) == ("PAID_RECEIPT_OPEN", "1 × queued")
    shop.first.mend("paper_out")
    assert shop.running.ask("printer", "diagnose", ref).json["question"]["name"] == "code"
    code = next(line.strip() for line in reversed(shop.paper(shop.first)) if re.fullmatch(r"\s*[0-9]{4}\s*", line))
    assert shop.running.ask("printer", "diagnose", ref, "--answer", f"code={code}").json["cause"] == "reprint"
    assert shop.running.ask("receipt", "reprint", "last", "--terminal", "T0000010").status == 0
    assert shop.originals(ref) == 1


# --- the last: its slip may come out of a printer mended later, among the lines another test counts -------------------


def test_a_reversal_never_waits_for_a_printer(shop: Shop) -> None:
    shop.first.set("paper_out")
    shop.second.set("paper_out")
    shop.running.break_leg(4, "drop", "0210", "--times", "1")
    answer = shop.running.sell("T0000007")
    assert shop.running.at_rest(answer.json["ref"])["verdict"] == "RETURNED"
    assert "SALE NOT COMPLETED" in shown(shop, answer.json["ref"], "reversal")
    assert shop.running.ask("receipt", "show", answer.json["ref"], "--copy", "fault").status == 5
