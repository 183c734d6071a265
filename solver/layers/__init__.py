"""One class a layer kind, named and called as in torch; in_channels and in_features are inferred."""
