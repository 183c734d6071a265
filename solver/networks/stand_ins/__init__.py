"""What the names of torch stand for in code that is read: layers, containers, tensors without numbers, functions.

What code does to signals goes through the same table of operations as a live module's own forward
(solver/networks/operations.py), so that both are read alike.

    names        what torch calls things: dotted names, kinds of names
    objects      Tensor, SourceGhost (a signal), Module, Leaf (one of torch's own modules, held as its layer)
    leaves       torch's constructors of modules
    listings     what is registered in a module
    tensors      functions of tensors that are no signals
    signals      Signals: operations on signals
    modules      Modules: the signal after a module, containers
    torch_world  TorchWorld: imported names, and which of the above an object goes to
"""
