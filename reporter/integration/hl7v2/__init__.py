"""HL7 v2 on our own feet: a lossless reader and writer, MLLP, orders in and results out."""
