//! Reads and writes order, history, key and decision rows. Nobody else does.
