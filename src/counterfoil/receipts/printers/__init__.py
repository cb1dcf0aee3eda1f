"""What printers say and what may be believed of it: bytes in, bytes and decisions out. No socket, no clock.

`status` reads a printer's bytes, `dialogue` keeps questions and answers apart, `job` is one print job from the
pre-flight check to the barrier, `copies` is the rule of the one ORIGINAL. Devices are opened in links/devices.py.
"""
