//! Tests of resolving, with step types made by hand.
