//! Reads and writes stock, movement and hold rows. Nobody else does.
