//! See `locus_fuzz::check_tree`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| locus_fuzz::check_tree(data));
