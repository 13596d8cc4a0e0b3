//! Fixtures for tests of the whole: a cluster of real `stoad` processes on this machine, and how
//! to wait for it. The tests themselves lie in `it/`.
