//! Reads and writes product and collection rows. Nobody else does.
