"""The schema language: model, parser, checks, lock, and one module per thing that is emitted."""
