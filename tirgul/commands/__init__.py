"""The commands, one module each, named as it is typed; `command` is what the module offers."""
