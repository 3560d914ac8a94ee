"""What the command `mmtutor` does, one idea a file. `mmtutor.cli` gives each its command.

`cores`, `doctor`, `lab`, `rooms` and `show` import no torch: they work where torch is broken or
missing.
"""
