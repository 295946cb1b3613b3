"""The past that `baseline`, `new` and `volume` compare with."""
