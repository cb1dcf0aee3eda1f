"""A USB bus with one printer on it, below pyusb: what libusb is asked for, answered by our fake printer."""

from __future__ import annotations

import array
import errno
import threading
import time
from types import SimpleNamespace
from typing import Any

import usb.backend
import usb.core

from printers.fake import Printer
from printers.server import TICK, now

VENDOR, PRODUCT = 0x04B8, 0x0E15
OUT, IN = 0x01, 0x82


class Bus(usb.backend.IBackend):  # type: ignore[misc] # pyusb has no types
    """`plugged`: whether the printer is still there; `lock` guards it, as one bus carries one thing at a time."""

    def __init__(self, printer: Printer) -> None:
        self.printer = printer
        self.lock = threading.Lock()
        self.plugged = True
        self.opened = 0
        self.claimed = False

    def enumerate_devices(self) -> Any:
        return ["printer"] if self.plugged else []

    def get_device_descriptor(self, dev: Any) -> Any:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0,
            bMaxPacketSize0=64, idVendor=VENDOR, idProduct=PRODUCT, bcdDevice=0x100, iManufacturer=0, iProduct=0,
            iSerialNumber=0, bNumConfigurations=1, address=1, bus=1, port_number=1, port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: Any, config: int) -> Any:
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1, iConfiguration=0,
            bmAttributes=0xC0, bMaxPower=1, extra_descriptors=b"",
        )  # fmt: skip

    def get_interface_descriptor(self, dev: Any, intf: int, alt: int, config: int) -> Any:
        if intf or alt:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=0, bNumEndpoints=2, bInterfaceClass=7,
            bInterfaceSubClass=1, bInterfaceProtocol=2, iInterface=0, extra_descriptors=b"",
        )  # fmt: skip

    def get_endpoint_descriptor(self, dev: Any, ep: int, intf: int, alt: int, config: int) -> Any:
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=(OUT, IN)[ep], bmAttributes=2, wMaxPacketSize=64,
            bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=b"",
        )  # fmt: skip

    def open_device(self, dev: Any) -> Any:
        self.opened += 1
        return "handle"

    def close_device(self, dev_handle: Any) -> None:
        self.opened -= 1

    def set_configuration(self, dev_handle: Any, config_value: int) -> None:
        pass

    def get_configuration(self, dev_handle: Any) -> int:
        return 1

    def claim_interface(self, dev_handle: Any, intf: int) -> None:
        self.claimed = True

    def release_interface(self, dev_handle: Any, intf: int) -> None:
        self.claimed = False

    def reset_device(self, dev_handle: Any) -> None:
        pass

    def clear_halt(self, dev_handle: Any, ep: int) -> None:
        pass

    def bulk_write(self, dev_handle: Any, ep: int, intf: int, data: Any, timeout: int) -> int:
        """Takes all of it, however long that takes: a printer that stands still lets us wait."""
        assert ep == OUT
        left = bytes(data)
        while left:
            with self.lock:
                self._there()
                self.printer.advance(now())
                left = left[self.printer.receive(left) :]
            if left:
                time.sleep(TICK)
        return len(data)

    def bulk_read(self, dev_handle: Any, ep: int, intf: int, buff: Any, timeout: int) -> int:
        assert ep == IN
        ends = time.monotonic() + timeout / 1000
        while time.monotonic() < ends:
            with self.lock:
                self._there()
                self.printer.advance(now())
                said = bytes(self.printer.said[: len(buff)])
                del self.printer.said[: len(said)]
            if said:
                buff[: len(said)] = array.array("B", said)
                return len(said)
            time.sleep(TICK)
        raise usb.core.USBTimeoutError("Operation timed out", -7, errno.ETIMEDOUT)

    def _there(self) -> None:
        if not self.plugged:
            raise usb.core.USBError("No such device (it may have been disconnected)", -4, errno.ENODEV)
