"""A class's answers to the exercises of lesson 05."""
WRONG: dict = {}
RIGHT: dict = {}
