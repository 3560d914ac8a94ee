"""The course's data: tensors in memory, made on the reader's machine, no download needed.

`glyphs` are pictures of 6,500 characters with their Unicode names as captions, `digits` are
handwritten, `online` leads to torchvision's sets for readers who have a network, and `cache` keeps
on disk what took seconds to make. Importing this package loads none of them.
"""
