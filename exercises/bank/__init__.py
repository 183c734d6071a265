"""The exercises of the two source chapters, one file each."""
