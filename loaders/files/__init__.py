"""Files, folders and archives in, decompressed streams of bytes out."""
