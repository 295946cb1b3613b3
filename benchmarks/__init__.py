"""The benchmark: a made-up organisation's logs (`corpus`) and the measurements on them (`bench`)."""
