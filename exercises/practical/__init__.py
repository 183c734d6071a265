"""The practical part of the chapters: their networks as torch modules, MNIST, and the training of LeNet-5."""
