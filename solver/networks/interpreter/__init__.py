"""A bounded interpreter of the part of Python in which networks are written: code is read as data and never executed.

It walks the tree that Python's own parser makes and computes with whole numbers, texts, lists and what its `World` says
of everything else; what a name stands for that code imports is its dotted name. It is total: it ends within `limits`,
and whatever it does not know stops it with the line and the reason (`stopped`).

Each class is the one before and one idea more, so that no module needs one that stands below it:

    machine      Machine      what a reading holds, and how it stops
    objects      Objects      attributes, functions and classes, calls
    operations   Operations   operators, comparisons, entries, truth, what a loop goes through
    builtin      Builtins     Python's own functions: len, super, isinstance, getattr
    library      Library      Python's standard library: math, itertools, functools
    expressions  Expressions  what an expression stands for, and what is assigned to
    records      Records      dataclasses, named tuples, enumerations
    patterns     Patterns     the patterns of match
    statements   Interpreter  statements, the whole piece
"""
