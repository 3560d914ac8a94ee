"""Tests of the course as a book."""
